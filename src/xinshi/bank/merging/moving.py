"""What a merge moves: minutes by linked transfers, lifetime hours, sign-in, consents, memberships, archive, new facts.

Rows of history (deposits, service records, vouchers, promotions) keep pointing to the old record: they are shown under the
one that stays, never edited.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Final

from xinshi.archive.actions import carry_over as carry_archive_over
from xinshi.bank.accounts import donation_accounts, known_donation_accounts
from xinshi.bank.actions.states import enter_state
from xinshi.bank.events import PeopleMerged
from xinshi.bank.lots import holdings
from xinshi.bank.models import MergeProposal, Passbook
from xinshi.bank.replay import Holding
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import gettext_noop
from xinshi.ledger.actions import post_batch
from xinshi.ledger.domain import NewTransfer
from xinshi.messages.actions import NewMessage, send_many
from xinshi.organizations import membership
from xinshi.outbox.actions import publish
from xinshi.people.models import Consent, Guardianship, Person, UnwantedText, User

MERGED: Final = gettext_noop("Your two accounts are one now: the hours of passbook %(number)s count on in this one.")
FILLED: Final = (
    "sex",
    "birth_date",
    "area",
    "volunteer_number",
    "phone",
    "phone_index",
    "skills",
    "service_categories",
)
"""Basic data that the record which stays takes over where it has none itself."""
IDENTITY: Final = ("id_kind", "id_number", "id_index", "id_trace")


def carry_over(actor: Actor, row: MergeProposal, *, stays: Person, goes: Person) -> int:
    """Move everything from `goes` to `stays`, both locked with their passbooks; returns the minutes that moved."""
    moved = _passbooks(actor, row, stays, goes)
    _basic_data(stays, goes)
    _sign_in(stays, goes)
    _consents(stays, goes)
    _unwanted_texts(stays, goes)
    membership.move_all(stays_id=stays.pk, goes_id=goes.pk)
    carry_archive_over(actor=actor, stays=stays, goes=goes)
    Guardianship.objects.filter(guardian=goes).update(guardian=stays)
    if not Guardianship.objects.filter(ward=stays, ended_at=None).exists():
        Guardianship.objects.filter(ward=goes, ended_at=None).update(ward=stays)
    Person.objects.filter(merged_into=goes).update(merged_into=stays)
    Person.objects.filter(pk=goes.pk).update(merged_into=stays, is_public=False)
    publish(PeopleMerged(merge_id=row.pk, stays_person_id=stays.pk, goes_person_id=goes.pk))
    return moved


def _passbooks(actor: Actor, row: MergeProposal, stays: Person, goes: Person) -> int:
    """Minutes, lifetime hours and stars; the former passbook is closed, its account stays open for corrections alone."""
    books = {book.person_id: book for book in Passbook.objects.filter(person__in=[stays, goes])}
    staying, going = books.get(stays.pk), books.get(goes.pk)
    if staying is None or going is None:
        return 0
    moved = _minutes(actor, row, staying, going)
    staying.certified_minutes += going.certified_minutes
    staying.verified_minutes += going.verified_minutes
    staying.star_level = max(staying.star_level, going.star_level)
    staying.save(update_fields=["certified_minutes", "verified_minutes", "star_level"])
    going.certified_minutes = going.verified_minutes = 0
    if going.state != Passbook.State.CLOSED:
        enter_state(actor, going, Passbook.State.CLOSED, reason="", text="", parameters={})
    going.merged_into = staying
    going.save(update_fields=["certified_minutes", "verified_minutes", "merged_into"])
    Passbook.objects.filter(merged_into=going).update(merged_into=staying)
    message = NewMessage(
        recipient_ref=f"person:{stays.pk}",
        text=MERGED,
        parameters={"number": going.number},
        object_ref=f"passbook:{staying.pk}",
        key=f"merge:{row.pk}",
    )
    send_many([message])
    return moved


def _minutes(actor: Actor, row: MergeProposal, staying: Passbook, going: Passbook) -> int:
    """What stands on the two accounts of `going` moves, a transfer per day of service, so that no hour gets younger.

    The book knows the transfers by the proposal's id. The accounts stay open, empty, for corrections alone.
    """
    routes = {going.account_id: staying.account_id}
    for account_id in known_donation_accounts(going.person_id):
        routes[account_id] = donation_accounts([staying.person_id])[staying.person_id]
    memo = f"{going.number} → {staying.number}"
    transfers = [
        NewTransfer(
            key=f"merge:{row.pk}:{source}:{day}",
            debit_id=source,
            credit_id=routes[source],
            minutes=minutes,
            kind="merge",
            worked_on=day,
            memo=memo,
        )
        for source, holding in sorted(holdings(list(routes)).items())
        for day, minutes in sorted(_by_day(holding).items())
    ]
    if transfers:
        post_batch(transfers=transfers, actor_ref=actor.reference)
    return sum(transfer.minutes for transfer in transfers)


def _by_day(holding: Holding) -> dict[date, int]:
    """Minutes by the day on which they were served; the oldest leave an account first, so these are what moves."""
    days: dict[date, int] = defaultdict(int)
    for lot in holding.lots:
        days[lot.worked_on] += lot.minutes
    return days


def _basic_data(stays: Person, goes: Person) -> None:
    """Fill what the record that stays does not know; numbers are unique, so they leave the other record first."""
    changed = [name for name in FILLED if not getattr(stays, name) and getattr(goes, name)]
    if not stays.id_number and goes.id_number:
        changed += IDENTITY
    for name in changed:
        setattr(stays, name, getattr(goes, name))
    if not changed:
        return
    freed: dict[str, str | None] = {}
    if "volunteer_number" in changed:
        freed["volunteer_number"] = None
    if "id_index" in changed:
        freed |= {"id_number": "", "id_index": None, "id_trace": ""}
    if freed:
        Person.objects.filter(pk=goes.pk).update(**freed)
    stays.save(update_fields=changed)


def _sign_in(stays: Person, goes: Person) -> None:
    """One sign-in stays: the other's ends, or becomes that of the record that stays where it had none."""
    going = User.objects.filter(person=goes)
    if User.objects.filter(person=stays).exists():
        going.update(is_active=False)
    else:
        going.update(person=stays)


def _unwanted_texts(stays: Person, goes: Person) -> None:
    """What somebody declined under either record stays declined."""
    declined = UnwantedText.objects.filter(person=goes)
    UnwantedText.objects.bulk_create(
        [UnwantedText(person=stays, purpose=row.purpose, since=row.since) for row in declined], ignore_conflicts=True
    )
    declined.delete()


def _consents(stays: Person, goes: Person) -> None:
    """Consents move for purposes on which the record that stays never said anything; nothing is consented to anew."""
    at = clock.now()
    said = set(Consent.objects.filter(person=stays).values_list("purpose", flat=True))
    given = list(Consent.objects.filter(person=goes, withdrawn_at=None))
    Consent.objects.bulk_create(
        [
            Consent(person=stays, purpose=row.purpose, given_at=row.given_at, given_through=row.given_through)
            for row in given
            if row.purpose not in said
        ]
    )
    Consent.objects.filter(pk__in=[row.pk for row in given]).update(withdrawn_at=at)
    is_public = Consent.objects.filter(person=stays, purpose="publicity", withdrawn_at=None).exists()
    if is_public != stays.is_public:
        Person.objects.filter(pk=stays.pk).update(is_public=is_public)
