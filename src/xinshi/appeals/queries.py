"""Reads of requests: one's own, what waits for the actor, one with its trail, and what may be asked about something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, Min, Q, QuerySet

from xinshi.activities.models import Shift, SignUp
from xinshi.appeals import access
from xinshi.appeals.domain import OPEN_STATES, SECOND_LEVEL, CorrectionKind, RequestState, is_independent, references_of
from xinshi.appeals.models import CorrectionRequest, Evidence, RequestEvent
from xinshi.appeals.storing import EVIDENCE
from xinshi.appeals.subjects import Subject, subject, subject_as_it_was
from xinshi.appeals.wording import ROLE_NAMES, Fact, facts
from xinshi.attendance.domain import working_days_left
from xinshi.bank.models import Deposit
from xinshi.doors.links import object_url
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person
from xinshi.people.queries import names_by_reference

SHIFTS_BACK: Final = timedelta(days=90)
SHIFTS_OFFERED_MAX: Final = 30
PER_PAGE: Final = 30


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One event as the reader may see it; `name` of who acted is for auditors only."""

    at: datetime
    what: str
    label: str
    role: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class WaitingSummary:
    count: int
    oldest_due_on: date | None
    overdue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDetail:
    """A request as one reader sees it."""

    request: CorrectionRequest
    subject_url: str
    facts: list[Fact]
    trail: list[TrailLine]
    evidence: list[Evidence]
    asker_name: str
    reads_texts: bool
    is_asker: bool
    may_speak: bool
    may_answer: bool
    had_part: bool
    may_appeal: bool
    appeal: CorrectionRequest | None
    may_freeze: bool
    passbook_id: int | None

    @property
    def is_open(self) -> bool:
        return self.request.state in OPEN_STATES

    @property
    def days_left(self) -> int:
        return working_days_left(clock.today(), self.request.due_on)

    @property
    def is_overdue(self) -> bool:
        return self.request.state == RequestState.OPEN and self.request.due_on < clock.today()


@dataclass(frozen=True, slots=True, kw_only=True)
class Askable:
    """What may be asked: the kinds with the subject of each; `person_id` is set where it is for somebody else."""

    subjects: Mapping[CorrectionKind, Subject] = field(default_factory=dict)
    person_id: int | None = None
    person_name: str = ""

    @property
    def kinds(self) -> tuple[CorrectionKind, ...]:
        return tuple(self.subjects) or (CorrectionKind.MISSING,)

    @property
    def title(self) -> str:
        return next((about.title for about in self.subjects.values()), "")


def own_requests(actor: Actor) -> QuerySet[CorrectionRequest]:
    """What the actor asked, or what was written down for them, and objections to their hours; newest first."""
    own = Q(asker_ref=access.asker_ref_of(actor))
    if actor.person_id is not None:
        own |= Q(person_id=actor.person_id)
    return CorrectionRequest.objects.filter(own).order_by("-pk")


def waiting_for(actor: Actor) -> QuerySet[CorrectionRequest]:
    """What waits for the actor's answer, what is due first at the top; what waits for the asker comes last."""
    rows = access.answerable_by(actor).select_related("person")
    return rows.order_by("-state", "due_on", "pk")


def waiting_summary(actor: Actor) -> WaitingSummary:
    waiting = access.answerable_by(actor).filter(state=RequestState.OPEN)
    late = Count("pk", filter=Q(due_on__lt=clock.today()))
    found = waiting.aggregate(count=Count("pk"), oldest=Min("due_on"), late=late)
    return WaitingSummary(count=found["count"], oldest_due_on=found["oldest"], overdue=found["late"])


def all_requests(actor: Actor, *, state: str = "") -> QuerySet[CorrectionRequest]:
    """Everything that the actor may see, newest first."""
    rows = access.visible_to(actor).select_related("person").order_by("-pk")
    return rows.filter(state=state) if state in set(RequestState) else rows


def request_of(actor: Actor, request_id: int) -> CorrectionRequest:
    """One request that the actor may see; NotFound otherwise."""
    rows = access.visible_to(actor).select_related("person", "appeal_of", "shift__activity")
    found = rows.filter(pk=request_id).first()
    if found is None:
        raise NotFound
    return found


def request_detail(actor: Actor, request_id: int) -> RequestDetail:
    row = request_of(actor, request_id)
    about = subject_as_it_was(row.subject_ref)
    reads = access.may_read_texts(actor, row)
    is_asker = access.is_asker(actor, row)
    references = references_of(actor.reference, actor.person_id)
    had_part = not is_independent(references, row.parts.values_list("actor_ref", flat=True))
    appealed = CorrectionRequest.objects.filter(appeal_of=row).first()
    is_answerer = access.answerable_by(actor).filter(pk=row.pk).exists()
    ended_short = row.state in (RequestState.PARTLY, RequestState.REFUSED) and row.level < SECOND_LEVEL
    may_speak = is_asker or (row.is_assisted and actor.has(*access.ASSISTANTS))
    return RequestDetail(
        request=row,
        subject_url=object_url(row.subject_ref) if about is not None else "",
        facts=facts(row, about),
        trail=_trail(actor, row, reads=reads),
        evidence=list(row.evidence.order_by("pk")) if reads else [],
        asker_name=_asker_name(row) if access.sees_all(actor) else "",
        reads_texts=reads,
        is_asker=is_asker,
        may_speak=may_speak,
        may_answer=is_answerer,
        had_part=had_part and not is_asker and access.sees_all(actor),
        may_appeal=may_speak and ended_short and appealed is None,
        appeal=appealed,
        may_freeze=is_answerer and hasattr(row.person, "passbook"),
        passbook_id=row.person.passbook.pk if hasattr(row.person, "passbook") else None,
    )


def evidence_of(actor: Actor, evidence_id: int) -> tuple[Evidence, bytes]:
    """A file and its content; NotFound for who may not read the request's texts."""
    found = Evidence.objects.select_related("request").filter(pk=evidence_id).first()
    if found is None or not access.visible_to(actor).filter(pk=found.request_id).exists():
        raise NotFound
    if not access.may_read_texts(actor, found.request):
        raise NotFound
    return found, EVIDENCE.content(found.path)


def askable(actor: Actor, *, about: str = "", person_id: int | None = None) -> Askable:
    """What the actor may ask about `about`, or for service that is missing where it is empty; NotFound otherwise."""
    if not about:
        return _missing_for(actor, person_id)
    found = subject(about)
    if found is None:
        raise NotFound
    is_own = found.person_id == actor.person_id
    is_objection = not is_own and found.is_in_notice
    is_for_another = not is_own and not is_objection and actor.has(*access.ASSISTANTS)
    subjects: dict[CorrectionKind, Subject] = {CorrectionKind.NOTICE: found} if is_objection else {}
    if is_own or is_for_another:
        subjects = _kinds_of(found)
    if not subjects:
        raise NotFound
    if not is_for_another:
        return Askable(subjects=subjects)
    return Askable(subjects=subjects, person_id=found.person_id, person_name=_name_of(found.person_id))


def shifts_without_record(person_id: int) -> list[Shift]:
    """Past shifts in which the person had a place and nothing was taken down: where missing service may have been."""
    now = clock.now()
    places = SignUp.objects.filter(
        person_id=person_id,
        state=SignUp.State.CONFIRMED,
        record=None,
        shift__ends_at__lt=now,
        shift__ends_at__gt=now - SHIFTS_BACK,
    )
    rows = Shift.objects.select_related("activity").filter(pk__in=places.values("shift_id"))
    return list(rows.order_by("-starts_at")[:SHIFTS_OFFERED_MAX])


def shifts_of_day(moment: datetime) -> list[Shift]:
    """Every shift of that day, for the answer to missing service."""
    start, end = clock.day_bounds(clock.local_day(moment))
    rows = Shift.objects.select_related("activity").filter(starts_at__gte=start, starts_at__lt=end)
    return list(rows.order_by("starts_at", "pk")[:200])


def _missing_for(actor: Actor, person_id: int | None) -> Askable:
    if person_id is None or person_id == actor.person_id:
        if actor.person_id is None:
            raise NotFound
        return Askable()
    if not actor.has(*access.ASSISTANTS) or not Person.objects.filter(pk=person_id, erased_at=None).exists():
        raise NotFound
    return Askable(person_id=person_id, person_name=_name_of(person_id))


def _kinds_of(found: Subject) -> dict[CorrectionKind, Subject]:
    """A deposit of a service record may be wrong in its times as well; a record may not be one's own at all."""
    related = {found.reference: found}
    record_ref = _record_behind(found)
    for reference in (record_ref, f"deposit:{found.deposit_id}" if found.deposit_id else ""):
        if reference and reference not in related and (more := subject(reference)) is not None:
            related[reference] = more
    kinds: dict[CorrectionKind, Subject] = {}
    for kind in (CorrectionKind.RECORD, CorrectionKind.DEPOSIT, CorrectionKind.VOUCHER, CorrectionKind.STAR):
        for one in related.values():
            if kind in one.kinds and (kind != CorrectionKind.VOUCHER or one.remedies):
                kinds[kind] = one
    return kinds


def _record_behind(found: Subject) -> str:
    if not found.reference.startswith("deposit:"):
        return ""
    source = Deposit.objects.filter(pk=found.deposit_id or 0).values_list("source_ref", flat=True).first() or ""
    return source if source.startswith("service-record:") else ""


def _trail(actor: Actor, row: CorrectionRequest, *, reads: bool) -> list[TrailLine]:
    events = list(row.events.order_by("pk"))
    names = names_by_reference({event.actor_ref for event in events}) if actor.has(Role.AUDITOR) else {}
    return [_line(event, names, reads=reads) for event in events]


def _line(event: RequestEvent, names: Mapping[str, str], *, reads: bool) -> TrailLine:
    is_answer = event.what in ("granted", "partly", "refused")
    return TrailLine(
        at=event.at,
        what=event.what,
        label=str(event.get_what_display()),
        role=str(ROLE_NAMES[event.actor_role]),
        name=names.get(event.actor_ref, ""),
        text=event.text if reads or is_answer else "",
    )


def _asker_name(row: CorrectionRequest) -> str:
    kind, _, number = row.asker_ref.partition(":")
    if kind == "person":
        return _name_of(int(number))
    return names_by_reference([row.asker_ref]).get(row.asker_ref, "")


def _name_of(person_id: int) -> str:
    return Person.objects.values_list("name", flat=True).get(pk=person_id)


def titles(rows: Iterable[CorrectionRequest]) -> dict[int, str]:
    """What each of the requests is about, by id, for lists."""
    found: dict[int, str] = {}
    for row in rows:
        about = subject_as_it_was(row.subject_ref)
        if about is not None:
            found[row.pk] = about.title
        elif row.title:
            found[row.pk] = row.title
        elif row.shift is not None:
            found[row.pk] = row.shift.activity.title
    return found
