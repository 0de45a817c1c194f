"""Profiles, exceptions, whom to call, the list of archives and its export."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query

from xinshi.archive import actions, queries
from xinshi.archive.access import is_self, require_keeper, require_reader
from xinshi.archive.api.schemas import (
    ArchiveChangedOut,
    ArchiveLineOut,
    CareOut,
    Cursor,
    ExceptionBody,
    ExportIn,
    Group,
    Identifier,
    Limit,
    LimitsBody,
    ProfileIn,
    ProfileOut,
    WhyIn,
)
from xinshi.archive.api.shell import router
from xinshi.archive.availability import AvailabilityException
from xinshi.archive.completeness import Item
from xinshi.archive.domain import Limits
from xinshi.archive.models import Profile
from xinshi.archive.pages.listing import as_file
from xinshi.archive.profile import Emergency, Health, OwnLimits, Part, Sites, Skills, Times, Work
from xinshi.archive.queries import ProfileView, Wanted
from xinshi.archive.sheets.exporting import export_archive
from xinshi.documents.workbook import XLSX_CONTENT_TYPE
from xinshi.doors.api import CursorPage, actor_of, cursor_page, idempotent
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person


@router.get("/people", response=CursorPage[ArchiveLineOut])
def list_archives(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=64)] = "",
    group: Group = "",
    missing: Item | None = None,
    skill: Annotated[str, Query(max_length=40)] = "",
    kind: Annotated[str, Query(max_length=40)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """What people can do and what is missing of their archives, newest first; for those who keep or audit them."""
    actor = actor_of(request)
    require_reader(actor)
    skill, kind = skill.replace("\0", ""), kind.replace("\0", "")
    found = queries.matching(actor, Wanted(term=q, group=group, missing=missing, skill=skill, kind_code=kind))
    shown = cursor_page(found, cursor=cursor, limit=limit, render=_same)
    return {**shown, "items": [_line(line) for line in queries.lines(actor, shown["items"])]}


@router.get("/me", response=ProfileOut)
def show_my_profile(request: HttpRequest) -> ProfileOut:
    actor = actor_of(request)
    return _profile(queries.profile_view(actor, _own(actor)))


@router.put("/me", response=ArchiveChangedOut)
@idempotent
def change_my_profile(request: HttpRequest, payload: ProfileIn) -> ArchiveChangedOut:
    actor = actor_of(request)
    return _change(actor, _own(actor), payload)


@router.get("/people/{person_id}", response=ProfileOut)
def show_profile(request: HttpRequest, person_id: Identifier) -> ProfileOut:
    """Oneself, or anybody for those who keep or audit the archive."""
    return _profile(queries.profile_view(actor_of(request), person_id))


@router.put("/people/{person_id}", response=ArchiveChangedOut)
@idempotent
def change_profile(request: HttpRequest, person_id: Identifier, payload: ProfileIn) -> ArchiveChangedOut:
    """Oneself, or the station on behalf of somebody; the trail says which."""
    return _change(actor_of(request), person_id, payload)


@router.post("/people/{person_id}/exceptions", response=ExceptionBody)
@idempotent
def add_exception(request: HttpRequest, person_id: Identifier, payload: ExceptionBody) -> ExceptionBody:
    actions.add_exception(actor=actor_of(request), person_id=person_id, exception=_exception(payload))
    return payload


@router.post("/people/{person_id}/exceptions/remove", response=ExceptionBody)
@idempotent
def remove_exception(request: HttpRequest, person_id: Identifier, payload: ExceptionBody) -> ExceptionBody:
    """Take back the exception of these days."""
    actions.remove_exception(actor=actor_of(request), person_id=person_id, exception=_exception(payload))
    return payload


@router.post("/people/{person_id}/care", response=CareOut)
def reveal_care(request: HttpRequest, person_id: Identifier, payload: WhyIn) -> CareOut:
    """Whom to call, for the station and who leads the person's service today; each look is on record, never kept."""
    found = actions.reveal_care(actor=actor_of(request), person_id=person_id, reason=payload.reason)
    return CareOut(
        emergency_name=found.emergency_name,
        emergency_phone=found.emergency_phone,
        emergency_relation=found.emergency_relation,
        health_remark=found.health_remark,
    )


@router.post("/export", response={200: None})
def export(request: HttpRequest, payload: ExportIn) -> HttpResponse:
    """The archive as a spreadsheet, masked; whole numbers for keepers with a reason, on record."""
    data = export_archive(
        actor=actor_of(request),
        wanted=Wanted(term=payload.q, group=payload.group, missing=payload.missing),
        form=payload.form,
        is_whole=payload.is_whole,
        reason=payload.reason,
    )
    kind = XLSX_CONTENT_TYPE if payload.form == "xlsx" else "text/csv; charset=utf-8"
    return as_file(data, kind, f"archive.{payload.form}")


def _own(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotFound
    return actor.person_id


def _same(person: Person) -> Person:
    return person


def _change(actor: Actor, person_id: int, payload: ProfileIn) -> ArchiveChangedOut:
    if not is_self(actor, person_id):
        require_keeper(actor)
    person = Person.objects.select_related("profile").filter(pk=person_id).first()
    if person is None:
        raise NotFound
    profile: Profile = getattr(person, "profile", None) or Profile(person_id=person_id)
    changed = actions.change_profile(actor=actor, person_id=person_id, parts=_parts(person, profile, payload))
    return ArchiveChangedOut(changed=changed)


def _parts(person: Person, profile: Profile, payload: ProfileIn) -> list[Part]:
    """The parts that are given, filled up with what the profile says already."""
    given = payload.model_fields_set
    found: list[Part] = []
    if given & {"profession", "professional_title", "employer", "languages"}:
        found.append(
            Work(
                profession=_or(payload.profession, profile.profession),
                professional_title=_or(payload.professional_title, profile.professional_title),
                employer=_or(payload.employer, profile.employer),
                languages=tuple(_or(payload.languages, profile.languages)),
            )
        )
    if payload.skills is not None or payload.interests is not None:
        found.append(
            Skills(
                levels=_or(payload.skills, profile.skills),
                interests=tuple(_or(payload.interests, person.service_categories)),
            )
        )
    if payload.weekly is not None:
        found.append(Times(weekly=payload.weekly))
    if payload.limits is not None:
        found.append(OwnLimits(limits=Limits(**payload.limits.model_dump())))
    if payload.sites is not None:
        found.append(Sites(codes=tuple(payload.sites)))
    if payload.emergency is not None:
        found.append(Emergency(**payload.emergency.model_dump()))
    if payload.health_remark is not None:
        found.append(Health(remark=payload.health_remark))
    return found


def _or(given: Any, known: Any) -> Any:
    return known if given is None else given


def _exception(payload: ExceptionBody) -> AvailabilityException:
    return AvailabilityException(first=payload.first, last=payload.last, is_free=payload.is_free, note=payload.note)


def _profile(view: ProfileView) -> ProfileOut:
    return ProfileOut(
        person_id=view.person.pk,
        profession=view.profession,
        professional_title=view.professional_title,
        employer=view.employer,
        languages=view.languages,
        skills=view.levels,
        interests=view.interests,
        weekly=view.weekly,
        exceptions=[
            ExceptionBody(first=one.first, last=one.last, is_free=one.is_free, note=one.note) for one in view.exceptions
        ],
        limits=LimitsBody(
            minutes_a_week_max=view.limits.minutes_a_week_max,
            shifts_a_week_max=view.limits.shifts_a_week_max,
            shifts_a_day_max=view.limits.shifts_a_day_max,
            takes_nights=view.limits.takes_nights,
            may_lift=view.limits.may_lift,
        ),
        sites=view.site_codes,
        masked_emergency_name=view.masked_emergency_name,
        masked_emergency_phone=view.masked_emergency_phone,
        has_health_remark=view.has_health_remark,
        percent=view.completeness.percent,
        missing=list(view.completeness.missing),
    )


def _line(line: queries.ArchiveLine) -> ArchiveLineOut:
    return ArchiveLineOut(
        person_id=line.person_id,
        name=line.name,
        group=line.group,
        masked_phone=line.masked_phone,
        profession=line.profession,
        employer=line.employer,
        percent=line.completeness.percent,
        missing=list(line.completeness.missing),
    )
