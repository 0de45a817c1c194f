"""Asking for a correction, objecting, and appealing against an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from xinshi.appeals import access
from xinshi.appeals.actions.locking import locked_passbook, locked_request
from xinshi.appeals.actions.setting_aside import set_aside
from xinshi.appeals.actions.telling import note
from xinshi.appeals.domain import (
    EVIDENCE_MAX,
    OPEN_STATES,
    SECOND_LEVEL,
    AlreadyAsked,
    Asked,
    CorrectionKind,
    NewRequest,
    NotAppealable,
    NotAskable,
    Remedy,
    RequestState,
    TooMuchEvidence,
    What,
    check_asked,
    checked_text,
    first_due,
    missing_subject,
)
from xinshi.appeals.events import CorrectionAsked
from xinshi.appeals.models import CorrectionRequest, Evidence, RequestPart
from xinshi.appeals.storing import EVIDENCE
from xinshi.appeals.subjects import Subject, about_missing, subject
from xinshi.bank.queries import policy_in_force
from xinshi.documents.storing import StoredFile
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.outbox.actions import publish
from xinshi.people.models import Person

SET_ASIDE_KINDS = (CorrectionKind.DEPOSIT, CorrectionKind.NOTICE)


def ask(*, actor: Actor, request: NewRequest, evidence: Sequence[bytes] = ()) -> int:
    """Ask that something be put right; returns the request's id.

    For oneself, or by a coordinator for somebody without a phone. What is not one's own is not there; hours in public
    notice anybody may object to. Files that no request came to are not kept, so they are stored before the transaction.
    """
    if len(evidence) > EVIDENCE_MAX:
        raise TooMuchEvidence(number=EVIDENCE_MAX)
    with EVIDENCE.stored(evidence) as files:
        return _ask(actor=actor, request=request, files=files)


@transaction.atomic
def _ask(*, actor: Actor, request: NewRequest, files: Sequence[StoredFile]) -> int:
    text, at = checked_text(request.text), clock.now()
    check_asked(request.kind, request.asked, now=at)
    asker_ref, role = _asker(actor, request)
    about = _subject(request, asker_ref)
    row = CorrectionRequest(
        kind=request.kind.value,
        subject_ref=about.reference,
        person_id=about.person_id,
        asker_ref=asker_ref,
        asked_by_ref=actor.reference,
        is_assisted=role == "station",
        text=text,
        **_asked_fields(request.asked),
    )
    return _open(row, about, files, actor=actor, role=role, at=at, parts={})


@transaction.atomic
def _appeal(*, actor: Actor, request_id: int, text: str, files: Sequence[StoredFile]) -> int:
    text, at = checked_text(text), clock.now()
    earlier = locked_request(request_id)
    role = access.require_asker(actor, earlier)
    is_first = earlier.level < SECOND_LEVEL and not CorrectionRequest.objects.filter(appeal_of=earlier).exists()
    if earlier.state not in (RequestState.PARTLY, RequestState.REFUSED) or not is_first:
        raise NotAppealable
    kind, about = _still_about(earlier)
    row = CorrectionRequest(
        kind=kind.value,
        subject_ref=about.reference,
        person_id=earlier.person_id,
        asker_ref=earlier.asker_ref,
        asked_by_ref=actor.reference,
        is_assisted=role == "station",
        text=text,
        appeal_of=earlier,
        **_asked_fields(asked_of(earlier)),
    )
    parts = dict(earlier.parts.values_list("actor_ref", "part"))
    parts |= {earlier.decided_by_ref: "answered", f"person:{earlier.decided_by_person_id}": "answered"}
    parts.pop("person:None", None)
    return _open(row, about, files, actor=actor, role=role, at=at, parts=parts)


def appeal(*, actor: Actor, request_id: int, text: str, evidence: Sequence[bytes] = ()) -> int:
    """Appeal against an answer that did not grant everything, once, to the second level; returns the new request's id."""
    if len(evidence) > EVIDENCE_MAX:
        raise TooMuchEvidence(number=EVIDENCE_MAX)
    with EVIDENCE.stored(evidence) as files:
        return _appeal(actor=actor, request_id=request_id, text=text, files=files)


def asked_of(row: CorrectionRequest) -> Asked:
    """What a stored request asks for, as a value."""
    return Asked(
        starts_at=row.asked_from,
        ends_at=row.asked_until,
        minutes=row.asked_minutes,
        remedy=Remedy(row.remedy) if row.remedy else None,
        title=row.title,
        place=row.place,
        category=row.category,
        shift_id=row.shift_id,
    )


def _asked_fields(asked: Asked) -> dict[str, object]:
    return {
        "asked_from": asked.starts_at,
        "asked_until": asked.ends_at,
        "asked_minutes": asked.minutes,
        "remedy": asked.remedy.value if asked.remedy else "",
        "title": asked.title.strip(),
        "place": asked.place.strip(),
        "category": asked.category,
        "shift_id": asked.shift_id,
    }


def _asker(actor: Actor, request: NewRequest) -> tuple[str, str]:
    """Who asks, and in which role the actor writes it down."""
    if request.person_id is not None and request.person_id != actor.person_id:
        access.require_assistant(actor)
        if not Person.objects.filter(pk=request.person_id, erased_at=None).exists():
            raise NotFound
        return f"person:{request.person_id}", "station"
    if actor.user_id is None or (actor.person_id is None and request.kind != CorrectionKind.NOTICE):
        raise NotAllowed
    return access.asker_ref_of(actor), "asker"


def _subject(request: NewRequest, asker_ref: str) -> Subject:
    """What it is about; NotFound for what is neither the asker's own nor in public notice."""
    asked = request.asked
    if request.kind == CorrectionKind.MISSING:
        assert asked.starts_at is not None, "checked before"
        return about_missing(
            person_id=int(asker_ref.removeprefix("person:")),
            reference=missing_subject(asked.starts_at),
            title=asked.title,
            shift_id=asked.shift_id,
        )
    about = subject(request.subject_ref)
    is_own = about is not None and asker_ref == f"person:{about.person_id}"
    if about is None or not (is_own or (request.kind == CorrectionKind.NOTICE and about.is_in_notice)):
        raise NotFound
    if request.kind not in about.kinds or (asked.remedy is not None and asked.remedy not in about.remedies):
        raise NotAskable
    return about


def _still_about(earlier: CorrectionRequest) -> tuple[CorrectionKind, Subject]:
    """What an appeal is about: the record that the first answer made, where it made one, else the same as before."""
    if earlier.new_record_id is not None:
        kind, about = CorrectionKind.RECORD, subject(f"service-record:{earlier.new_record_id}")
    elif earlier.kind == CorrectionKind.MISSING:
        kind = CorrectionKind.MISSING
        about = about_missing(
            person_id=earlier.person_id,
            reference=earlier.subject_ref,
            title=earlier.title,
            shift_id=earlier.shift_id,
        )
    else:
        kind, about = CorrectionKind(earlier.kind), subject(earlier.subject_ref)
    if about is None or kind not in about.kinds:
        raise NotAppealable
    return kind, about


def _open(
    row: CorrectionRequest,
    about: Subject,
    files: Sequence[StoredFile],
    *,
    actor: Actor,
    role: str,
    at: datetime,
    parts: dict[str, str],
) -> int:
    passbook = locked_passbook(about.person_id)
    _require_not_asked(row)
    known = about.parts | parts | {row.asker_ref: "asked", row.asked_by_ref: "asked"}
    row.level = SECOND_LEVEL if row.appeal_of_id else access.first_level_for(set(known))
    row.state, row.asked_at = CorrectionRequest.State.OPEN, at
    row.due_on = first_due(clock.local_day(at), answer_days=policy_in_force().rules.appeal_answer_days)
    row.save(force_insert=True)
    add_parts(row, known)
    add_evidence(row, files, actor=actor, at=at)
    note(row, What.ASKED, actor=actor, role=role, at=at)
    if row.kind in SET_ASIDE_KINDS:
        set_aside(row, about, passbook, actor=actor, role=role, at=at)
    publish(CorrectionAsked(request_id=row.pk, kind=row.kind, person_id=row.person_id))
    return row.pk


def _require_not_asked(row: CorrectionRequest) -> None:
    """One open request per subject and asker; one at all per disputed deposit, for its minutes are set aside once."""
    same = CorrectionRequest.objects.filter(subject_ref=row.subject_ref, state__in=OPEN_STATES)
    if row.kind not in SET_ASIDE_KINDS:
        same = same.filter(asker_ref=row.asker_ref)
    if same.exists():
        raise AlreadyAsked


def add_parts(row: CorrectionRequest, parts: dict[str, str]) -> None:
    RequestPart.objects.bulk_create(
        [RequestPart(request=row, actor_ref=reference, part=part) for reference, part in sorted(parts.items())],
        ignore_conflicts=True,
    )


def add_evidence(row: CorrectionRequest, files: Sequence[StoredFile], *, actor: Actor, at: datetime) -> None:
    known = set(row.evidence.values_list("sha256", flat=True))
    fresh = [file for file in files if file.sha256 not in known]
    if len(known) + len(fresh) > EVIDENCE_MAX:
        raise TooMuchEvidence(number=EVIDENCE_MAX)
    Evidence.objects.bulk_create(
        [
            Evidence(
                request=row,
                content_type=file.content_type,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                path=file.path,
                added_by_ref=actor.reference,
                added_at=at,
            )
            for file in fresh
        ]
    )
