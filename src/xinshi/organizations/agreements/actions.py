"""Writes of agreements: drafted, changed, put in force, scanned, ended; each step stays on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.documents.storing import SealedStore
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.messages.actions import NewMessage, send_many
from xinshi.organizations.domain import (
    REMINDED_DAYS_BEFORE,
    AgreementOver,
    AgreementStands,
    check_signing,
    check_terms,
    reminder_due,
)
from xinshi.organizations.models import Agreement, AgreementEvent, AgreementFile, Membership, Organization
from xinshi.people.access import require_archive_keeper
from xinshi.people.queries import people_with_role

SCANS: Final = SealedStore(folder="agreements", context="agreement_file.content")
TENDED_MAX: Final = 10_000
REMINDED_AT_ONCE: Final = 200
FILES_MAX: Final = 20
RAN_OUT: Final = gettext_noop("Its last day has passed.")
ENDING: Final = gettext_noop("The agreement “%(title)s” with %(organization)s ends on %(day)s. Renew it in time.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an agreement says; both days belong to it. `contact` is the partner's, with their phone."""

    title: str
    covers: str
    starts_on: date
    ends_on: date
    signed_on: date | None = None
    contact: str = ""

    def check(self) -> None:
        """Invalid, DatesOutOfOrder."""
        for field, text, longest in (("title", self.title, 100), ("covers", self.covers, 2000)):
            if not 0 < len(text.strip()) <= longest or "\0" in text:
                raise Invalid(field=field, reason=gettext_noop("Write down what it is about, in at most 2,000 signs."))
        if len(self.contact) > 200 or "\0" in self.contact:
            raise Invalid(field="contact", reason=gettext_noop("A contact has at most 200 signs."))
        check_terms(self.starts_on, self.ends_on)


@transaction.atomic
def draft_agreement(*, actor: Actor, organization_id: int, terms: Terms, renews_id: int | None = None) -> int:
    """A new draft; `renews_id` is the organisation's agreement that it shall follow."""
    require_archive_keeper(actor)
    terms.check()
    if not Organization.objects.filter(pk=organization_id).exists():
        raise NotFound
    if renews_id is not None and not Agreement.objects.filter(pk=renews_id, organization_id=organization_id).exists():
        raise NotFound
    row = Agreement.objects.create(
        organization_id=organization_id,
        title=terms.title.strip(),
        covers=terms.covers.strip(),
        contact=terms.contact,
        signed_on=terms.signed_on,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        renews_id=renews_id,
        created_at=clock.now(),
        created_by_ref=actor.reference,
    )
    _book(actor, row, AgreementEvent.What.DRAFTED)
    return row.pk


@transaction.atomic
def change_draft(*, actor: Actor, agreement_id: int, terms: Terms) -> list[str]:
    """Change a draft; the names of what changed. AgreementStands once it is signed."""
    require_archive_keeper(actor)
    terms.check()
    row = _locked(agreement_id)
    if row.state != Agreement.State.DRAFT:
        raise AgreementStands
    wanted = {
        "title": terms.title.strip(),
        "covers": terms.covers.strip(),
        "contact": terms.contact,
        "signed_on": terms.signed_on,
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
    }
    changed = sorted(name for name, value in wanted.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, wanted[name])
    if changed:
        row.save(update_fields=changed)
        _book(actor, row, AgreementEvent.What.CHANGED, note=", ".join(changed), columns=changed)
    return changed


@transaction.atomic
def change_contact(*, actor: Actor, agreement_id: int, contact: str) -> None:
    """Whom to call changes without a new agreement, while it lasts."""
    require_archive_keeper(actor)
    row = _locked(agreement_id)
    if row.state == Agreement.State.ENDED:
        raise AgreementOver
    if len(contact) > 200 or "\0" in contact:
        raise Invalid(field="contact", reason=gettext_noop("A contact has at most 200 signs."))
    if row.contact != contact:
        row.contact = contact
        row.save(update_fields=["contact"])
        _book(actor, row, AgreementEvent.What.CHANGED, note="contact", columns=["contact"])


@transaction.atomic
def put_in_force(*, actor: Actor, agreement_id: int, signed_on: date | None = None) -> None:
    """Both sides have signed: now its terms stay. Twice is once. AgreementNotSigned, AgreementPast, AgreementOver."""
    require_archive_keeper(actor)
    row = _locked(agreement_id)
    if row.state == Agreement.State.IN_FORCE:
        return
    if row.state == Agreement.State.ENDED:
        raise AgreementOver
    signed = signed_on or row.signed_on
    check_signing(signed_on=signed, ends_on=row.ends_on, today=clock.today())
    row.signed_on, row.state = signed, Agreement.State.IN_FORCE
    row.save(update_fields=["signed_on", "state"])
    _book(actor, row, AgreementEvent.What.SIGNED)


@transaction.atomic
def end_agreement(*, actor: Actor, agreement_id: int, because: str) -> None:
    """End it today, before its last day, with the reason; a draft that came to nothing ends too. AgreementOver."""
    require_archive_keeper(actor)
    reason = " ".join(because.split())
    if not 0 < len(reason) <= 200 or not reason.isprintable():
        raise Invalid(field="because", reason=gettext_noop("Say why, in at most 200 signs."))
    row = _locked(agreement_id)
    if row.state == Agreement.State.ENDED:
        raise AgreementOver
    _end(row, clock.today(), reason)
    _book(actor, row, AgreementEvent.What.ENDED, note=reason)


@transaction.atomic
def add_files(*, actor: Actor, agreement_id: int, files: Sequence[bytes]) -> int:
    """Keep scans with an agreement, sealed; how many are new. The same scan twice is kept once."""
    require_archive_keeper(actor)
    row = _locked(agreement_id)
    known = set(AgreementFile.objects.filter(agreement=row).values_list("sha256", flat=True))
    if len(known) + len(files) > FILES_MAX:
        raise Invalid(field="files", reason=gettext_noop("An agreement has at most 20 scans."))
    with SCANS.stored(files) as kept:
        new = [file for file in kept if file.sha256 not in known]
        AgreementFile.objects.bulk_create(
            [
                AgreementFile(
                    agreement=row,
                    content_type=file.content_type,
                    size_bytes=file.size_bytes,
                    sha256=file.sha256,
                    path=file.path,
                    added_at=clock.now(),
                    added_by_ref=actor.reference,
                )
                for file in new
            ]
        )
        if new:
            _book(actor, row, AgreementEvent.What.FILE_ADDED, count=len(new))
    return len(new)


def tend_agreements(*, actor: Actor) -> int:
    """What the worker does: tell of agreements that end within 90 and 30 days, end those that are over; how many ended.

    Told are the organisation's keepers and the coordinators, each once per reminder.
    """
    today = clock.today()
    standing = Agreement.objects.filter(state=Agreement.State.IN_FORCE).select_related("organization")
    last = date.fromordinal(today.toordinal() + max(REMINDED_DAYS_BEFORE))
    ending = list(standing.filter(ends_on__gte=today, ends_on__lte=last).order_by("ends_on", "pk")[:TENDED_MAX])
    for start in range(0, len(ending), REMINDED_AT_ONCE):
        _remind(ending[start : start + REMINDED_AT_ONCE])
    over = list(standing.filter(ends_on__lt=today).order_by("pk").values_list("pk", flat=True)[:TENDED_MAX])
    return sum(_run_out(actor, agreement_id) for agreement_id in over)


def _remind(rows: Sequence[Agreement]) -> None:
    if not rows:
        return
    keepers: dict[int, list[int]] = {}
    kept = Membership.objects.filter(organization__in={row.organization_id for row in rows}, until=None, is_leader=True)
    for organization_id, person_id in kept.values_list("organization_id", "person_id"):
        keepers.setdefault(organization_id, []).append(person_id)
    coordinators = people_with_role(Role.COORDINATOR)
    today = clock.today()
    messages = [
        NewMessage(
            recipient_ref=f"person:{person_id}",
            text=ENDING,
            parameters={"title": row.title, "organization": row.organization.name, "day": row.ends_on.isoformat()},
            object_ref=f"agreement:{row.pk}",
            key=f"agreement:{row.pk}:{reminder_due(row.ends_on, today=today)}:{person_id}",
        )
        for row in rows
        for person_id in sorted({*coordinators, *keepers.get(row.organization_id, [])})
    ]
    send_many(messages)


@transaction.atomic
def _run_out(actor: Actor, agreement_id: int) -> int:
    row = _locked(agreement_id)
    if row.state != Agreement.State.IN_FORCE or row.ends_on >= clock.today():
        return 0
    _end(row, row.ends_on, RAN_OUT)
    _book(actor, row, AgreementEvent.What.RAN_OUT)
    return 1


def _end(row: Agreement, day: date, reason: str) -> None:
    row.state, row.ended_on, row.ended_because = Agreement.State.ENDED, day, reason
    row.save(update_fields=["state", "ended_on", "ended_because"])


def _locked(agreement_id: int) -> Agreement:
    row = Agreement.objects.select_for_update().filter(pk=agreement_id).first()
    if row is None:
        raise NotFound
    return row


def _book(actor: Actor, row: Agreement, what: AgreementEvent.What, *, note: str = "", **details: object) -> None:
    AgreementEvent.objects.create(agreement=row, what=what, at=clock.now(), by_ref=actor.reference, note=note[:200])
    record(actor=actor, action=f"organizations.agreement_{what.value}", object_ref=f"agreement:{row.pk}", **details)
