"""A merge loses no line: minutes move by a linked transfer, lifetime hours count on, two people decide, for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from xinshi.audit.models import AuditEntry
from xinshi.bank.access import visible_to
from xinshi.bank.accounts import donation_accounts
from xinshi.bank.actions import change_passbook_state, reverse_deposit
from xinshi.bank.merging.actions import confirm_merge, propose_merge, refuse_merge, withdraw_merge
from xinshi.bank.merging.domain import MergeNotOpen, MergeOfOne, MergeProposedBefore, OwnMerge
from xinshi.bank.merging.tests.conftest import merge, passbook_of, person_with_passbook
from xinshi.bank.models import Deposit, MergeProposal, Passbook
from xinshi.bank.obstacles import ObstaclesInTheWay
from xinshi.bank.queries import statement
from xinshi.bank.tests.conftest import SYSTEM, Cast, PutIn
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor, Role
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.ledger.actions import hold, post, system_account
from xinshi.ledger.domain import AccountKind, NewTransfer
from xinshi.ledger.models import Balance, Transfer
from xinshi.ledger.verification import verify
from xinshi.messages.models import Message
from xinshi.organizations.actions import create_organization, join_many
from xinshi.organizations.models import Membership, Organization
from xinshi.outbox.actions import deliver_due
from xinshi.people.actions import NewUser, choose_text, create_users, give_consent
from xinshi.people.models import Consent, Person, RoleGrant, User
from xinshi.people.queries import find_by_volunteer_numbers, search, unwanted_texts

pytestmark = pytest.mark.usefixtures("bank_checks")


def test_minutes_move_by_a_linked_transfer_and_lifetime_hours_count_on(
    cast: Cast, second_coordinator: Actor, put_in: PutIn
) -> None:
    put_in(cast.volunteer, 90)
    put_in(cast.second, 30)
    assert merge(cast, second_coordinator, stays=cast.volunteer, goes=cast.second) == 30
    stays, goes = cast.volunteer.passbook, cast.second.passbook
    assert (stays.certified_minutes, goes.certified_minutes) == (120, 0)
    assert (goes.state, goes.merged_into_id, stays.state) == ("closed", stays.pk, "active")
    assert [Balance.objects.get(pk=book.account_id).posted for book in (stays, goes)] == [120, 0]
    transfer = Transfer.objects.get(kind="merge")
    assert (transfer.debit_id, transfer.credit_id, transfer.minutes) == (goes.account_id, stays.account_id, 30)
    assert [line.amount for line in statement(goes).lines] == [-30, 30]
    assert [line.amount for line in statement(stays).lines] == [30, 90]
    row = MergeProposal.objects.get()
    assert (row.state, row.moved_minutes, row.decided_by_ref) == ("confirmed", 30, second_coordinator.reference)
    assert verify().ok


def test_the_former_passbook_stays_readable_from_the_one_that_stays(
    cast: Cast, second_coordinator: Actor, put_in: PutIn
) -> None:
    deposit = put_in(cast.second, 30)
    former = cast.second.passbook
    merge(cast, second_coordinator, stays=cast.volunteer, goes=cast.second)
    client = cast.volunteer.client
    assert former.number in client.get(reverse("bank:own")).content.decode()
    assert "This is a former passbook" in client.get(reverse("bank:passbook", args=[former.pk])).content.decode()
    assert client.get(reverse("bank:deposit", args=[deposit])).status_code == 200
    assert not visible_to(cast.leader.actor).filter(pk=former.pk).exists()


def test_the_record_that_went_signs_in_no_more_and_is_not_found(cast: Cast, second_coordinator: Actor) -> None:
    gone = cast.second
    number = Person.objects.get(pk=gone.person_id).volunteer_number
    merge(cast, second_coordinator, stays=cast.volunteer, goes=gone)
    assert User.objects.get(pk=gone.user.pk).is_active is False
    found = set(search(cast.coordinator.actor).values_list("id", flat=True))
    assert gone.person_id not in found
    assert cast.volunteer.person_id in found
    assert find_by_volunteer_numbers([str(number)]) == {str(number): cast.volunteer.person_id}
    assert Person.objects.get(pk=gone.person_id).merged_into_id == cast.volunteer.person_id


def test_the_sign_in_moves_where_the_record_that_stays_had_none(cast: Cast, second_coordinator: Actor) -> None:
    stays = person_with_passbook()
    merge(cast, second_coordinator, stays=stays, goes=cast.second)
    assert User.objects.get(pk=cast.second.user.pk).person_id == stays


def test_what_was_not_known_is_filled_and_nothing_else_is_touched(cast: Cast, second_coordinator: Actor) -> None:
    stays = person_with_passbook("王芳", phone="13900001111")
    goes = person_with_passbook(
        "王芳", id_kind="05", id_number="E1234567", phone="13900002222", volunteer_number="123456789012345678"
    )
    merge(cast, second_coordinator, stays=stays, goes=goes)
    kept, gone = Person.objects.get(pk=stays), Person.objects.get(pk=goes)
    assert (kept.id_kind, kept.id_number, kept.phone) == ("05", "E1234567", "13900001111")
    assert kept.volunteer_number == "123456789012345678"
    assert (gone.id_number, gone.id_index, gone.volunteer_number, gone.phone) == ("", None, None, "13900002222")


def test_consents_and_memberships_move_and_a_withdrawal_stays_one(cast: Cast, second_coordinator: Actor) -> None:
    goes, stays = cast.second, cast.volunteer
    give_consent(actor=SYSTEM, person_id=goes.person_id, purpose="publicity")
    give_consent(actor=SYSTEM, person_id=goes.person_id, purpose="exchange:zhiyuanhui")
    Consent.objects.create(
        person_id=stays.person_id,
        purpose="publicity",
        given_at=clock.now(),
        given_through="self",
        withdrawn_at=clock.now(),
    )
    team = create_organization(actor=SYSTEM, name="急救队", kind=Organization.Kind.TEAM)
    join_many(actor=SYSTEM, memberships=[(goes.person_id, team)])
    Membership.objects.update(since=clock.today() - timedelta(days=9), is_leader=True)
    merge(cast, second_coordinator, stays=stays, goes=goes)
    standing = Consent.objects.filter(person_id=stays.person_id, withdrawn_at=None).order_by("purpose")
    assert list(standing.values_list("purpose", flat=True)) == ["exchange:zhiyuanhui", "service"]
    assert not Consent.objects.filter(person_id=goes.person_id, withdrawn_at=None).exists()
    assert not Person.objects.get(pk=stays.person_id).is_public
    row = Membership.objects.get(until=None)
    assert (row.person_id, row.since, row.is_leader) == (stays.person_id, clock.today() - timedelta(days=9), True)


def test_texts_that_were_declined_under_either_record_stay_declined(cast: Cast, second_coordinator: Actor) -> None:
    goes, stays = cast.second, cast.volunteer
    for somebody, purpose in ((goes, "call"), (goes, "offer"), (stays, "offer")):
        choose_text(actor=SYSTEM, person_id=somebody.person_id, purpose=purpose, wanted=False)
    merge(cast, second_coordinator, stays=stays, goes=goes)
    assert unwanted_texts(stays.person_id) == {"call", "offer"}
    assert unwanted_texts(goes.person_id) == frozenset()


def test_stars_are_looked_at_again_and_never_fall(cast: Cast, second_coordinator: Actor, put_in: PutIn) -> None:
    put_in(cast.volunteer, 4_000)
    put_in(cast.second, 3_000)
    Passbook.objects.filter(pk=cast.second.passbook.pk).update(star_level=1)
    merge(cast, second_coordinator, stays=cast.volunteer, goes=cast.second)
    assert cast.volunteer.passbook.star_level == 1
    put_in(cast.leader, 14_000)
    merge(cast, second_coordinator, stays=cast.leader, goes=cast.volunteer)
    deliver_due()
    assert cast.leader.passbook.certified_minutes == 21_000
    assert cast.leader.passbook.star_level == 2


def test_minutes_that_can_only_be_donated_move_to_their_like(
    cast: Cast, second_coordinator: Actor, put_in: PutIn
) -> None:
    put_in(cast.second, 90)
    source = donation_accounts([cast.second.person_id])[cast.second.person_id]
    moved = NewTransfer(
        key="cap:1",
        debit_id=cast.second.passbook.account_id,
        credit_id=source,
        minutes=40,
        kind="correction",
        worked_on=clock.today(),
    )
    post(transfer=moved, actor_ref="system:tests")
    assert merge(cast, second_coordinator, stays=cast.volunteer, goes=cast.second) == 90
    target = donation_accounts([cast.volunteer.person_id])[cast.volunteer.person_id]
    assert (Balance.objects.get(pk=source).posted, Balance.objects.get(pk=target).posted) == (0, 40)
    assert verify().ok


def test_a_wrong_deposit_of_the_former_passbook_can_still_be_taken_back(
    cast: Cast, second_coordinator: Actor, put_in: PutIn
) -> None:
    put_in(cast.volunteer, 90)
    wrong = put_in(cast.second, 30)
    merge(cast, second_coordinator, stays=cast.volunteer, goes=cast.second)
    reverse_deposit(actor=cast.coordinator.actor, deposit_id=wrong, reason="误记")
    assert Balance.objects.get(pk=cast.volunteer.passbook.account_id).posted == 90
    assert cast.volunteer.passbook.certified_minutes == 90
    assert [line.amount for line in statement(cast.second.passbook).lines] == [-30, 30, -30, 30]
    assert verify().ok


def test_merged_twice_everything_leads_to_who_stays_in_the_end(
    cast: Cast, second_coordinator: Actor, put_in: PutIn
) -> None:
    put_in(cast.second, 30)
    merge(cast, second_coordinator, stays=cast.volunteer, goes=cast.second)
    merge(cast, second_coordinator, stays=cast.leader, goes=cast.volunteer)
    last = cast.leader.passbook
    assert set(Passbook.objects.filter(merged_into=last).values_list("person_id", flat=True)) == {
        cast.second.person_id,
        cast.volunteer.person_id,
    }
    assert set(Person.objects.filter(merged_into_id=cast.leader.person_id).values_list("id", flat=True)) == {
        cast.second.person_id,
        cast.volunteer.person_id,
    }
    assert last.certified_minutes == 30
    assert verify().ok


def test_never_by_one_alone_nor_by_one_of_the_two(cast: Cast, second_coordinator: Actor) -> None:
    mine = cast.coordinator
    with pytest.raises(OwnMerge):
        propose_merge(actor=mine.actor, stays_id=mine.person_id, goes_id=cast.second.person_id, reason="x")
    merge_id = propose_merge(
        actor=mine.actor, stays_id=cast.volunteer.person_id, goes_id=cast.second.person_id, reason="同一人"
    )
    with pytest.raises(OwnMerge):
        confirm_merge(actor=mine.actor, merge_id=merge_id)
    again = Actor(reference="user:999", user_id=999, person_id=mine.person_id, roles=frozenset({Role.ADMINISTRATOR}))
    with pytest.raises(OwnMerge):
        confirm_merge(actor=again, merge_id=merge_id)
    one_of_them = Actor(
        reference="user:998", user_id=998, person_id=cast.second.person_id, roles=frozenset({Role.COORDINATOR})
    )
    with pytest.raises(OwnMerge):
        confirm_merge(actor=one_of_them, merge_id=merge_id)
    for role in ("volunteer", "leader", "clerk", "auditor"):
        with pytest.raises(NotAllowed):
            confirm_merge(actor=cast.of_role(role).actor, merge_id=merge_id)
    assert Person.objects.filter(merged_into__isnull=False).count() == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        MergeProposal.objects.filter(pk=merge_id).update(
            state="confirmed", decided_by_ref=mine.actor.reference, decided_at=clock.now(), moved_minutes=0
        )


def test_open_holds_frozen_books_and_further_roles_are_obstacles(
    cast: Cast, second_coordinator: Actor, put_in: PutIn
) -> None:
    put_in(cast.second, 90)
    hold(
        key="voucher:1",
        account_id=cast.second.passbook.account_id,
        to_id=system_account(AccountKind.REDEMPTION),
        minutes=30,
        kind="redemption",
        expires_at=clock.now() + timedelta(days=1),
        actor_ref="user:1",
        memo="体检",
    )
    RoleGrant.objects.create(user=cast.second.user, role="leader", granted_by="user:1", granted_at=clock.now())
    change_passbook_state(
        actor=cast.coordinator.actor,
        passbook_id=cast.second.passbook.pk,
        state=Passbook.State.FROZEN,
        reason="核实中",
    )
    with pytest.raises(ObstaclesInTheWay) as refusal:
        merge(cast, second_coordinator, stays=cast.volunteer, goes=cast.second)
    said = str(refusal.value.parameters["obstacles"])
    assert all(part in said for part in ("“体检”", "frozen", "roles"))
    assert cast.second.passbook.merged_into_id is None
    assert Transfer.objects.filter(kind="merge").count() == 0
    assert MergeProposal.objects.get().state == "proposed"


def test_the_record_that_stays_needs_an_open_passbook(cast: Cast, second_coordinator: Actor) -> None:
    without = person_with_passbook(opens=False)
    with pytest.raises(ObstaclesInTheWay):
        merge(cast, second_coordinator, stays=without, goes=cast.second)
    MergeProposal.objects.update(state="withdrawn", decided_by_ref="user:1", decided_at=clock.now())
    assert merge(cast, second_coordinator, stays=cast.second, goes=without) == 0


def test_a_pending_account_does_not_take_over_an_active_one(cast: Cast, second_coordinator: Actor) -> None:
    pending = person_with_passbook()
    Passbook.objects.filter(person_id=pending).update(state="pending")
    with pytest.raises(ObstaclesInTheWay):
        merge(cast, second_coordinator, stays=pending, goes=cast.second)
    MergeProposal.objects.update(state="withdrawn", decided_by_ref="user:1", decided_at=clock.now())
    merge(cast, second_coordinator, stays=cast.second, goes=pending)
    assert passbook_of(pending).merged_into_id == cast.second.passbook.pk


def test_proposals_are_refused_taken_back_and_decided_once(cast: Cast, second_coordinator: Actor) -> None:
    mine, ids = cast.coordinator.actor, (cast.volunteer.person_id, cast.second.person_id)
    first = propose_merge(actor=mine, stays_id=ids[0], goes_id=ids[1], reason="同一人")
    with pytest.raises(MergeProposedBefore):
        propose_merge(actor=mine, stays_id=ids[1], goes_id=ids[0], reason="同一人")
    with pytest.raises(NotFound):
        withdraw_merge(actor=second_coordinator, merge_id=first)
    refuse_merge(actor=second_coordinator, merge_id=first, reason="是双胞胎")
    with pytest.raises(MergeNotOpen):
        confirm_merge(actor=second_coordinator, merge_id=first)
    second = propose_merge(actor=mine, stays_id=ids[0], goes_id=ids[1], reason="再看")
    withdraw_merge(actor=mine, merge_id=second)
    assert list(MergeProposal.objects.order_by("id").values_list("state", flat=True)) == ["refused", "withdrawn"]
    with pytest.raises(MergeOfOne):
        propose_merge(actor=mine, stays_id=ids[0], goes_id=ids[0], reason="x")
    with pytest.raises(NotFound):
        propose_merge(actor=mine, stays_id=ids[0], goes_id=10**9, reason="x")


def test_the_person_is_told_and_the_trail_names_both(cast: Cast, second_coordinator: Actor, put_in: PutIn) -> None:
    put_in(cast.second, 30)
    merge(cast, second_coordinator, stays=cast.volunteer, goes=cast.second)
    told = Message.objects.filter(recipient_ref=f"person:{cast.volunteer.person_id}")
    assert told.get().parameters == {"number": cast.second.passbook.number}
    lines = AuditEntry.objects.filter(action="bank.merge").order_by("object_ref")
    assert {line.object_ref for line in lines} == {
        f"person:{cast.volunteer.person_id}",
        f"person:{cast.second.person_id}",
    }


def test_the_pages_propose_and_confirm_by_two(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.second, 30)
    ids = sorted((cast.volunteer.person_id, cast.second.person_id))
    client = cast.coordinator.client
    path = reverse("bank:pair", args=ids)
    assert "propose to merge" in client.get(path).content.decode()
    answer = client.post(path, {"stays": cast.volunteer.person_id, "reason": "证件同号"})
    row = MergeProposal.objects.get()
    assert answer.headers["Location"] == reverse("bank:merge", args=[row.pk])
    assert "another coordinator confirms it" in client.get(answer.headers["Location"]).content.decode()
    refused = client.post(reverse("bank:confirm_merge", args=[row.pk]))
    assert refused.status_code == 302
    assert Person.objects.filter(merged_into__isnull=False).count() == 0
    other: Client = cast.administrator.client
    assert "this cannot be undone" in other.get(reverse("bank:merge", args=[row.pk])).content.decode()
    other.post(reverse("bank:confirm_merge", args=[row.pk]))
    assert Person.objects.get(pk=cast.second.person_id).merged_into_id == cast.volunteer.person_id
    assert Deposit.objects.get().passbook_id == cast.second.passbook.pk


def test_two_sign_ins_of_one_phone_become_one_by_the_merge(cast: Cast, second_coordinator: Actor) -> None:
    first = person_with_passbook(phone="13900001111")
    second = person_with_passbook(phone="13900001111")
    for name, person_id in (("one", first), ("two", second)):
        new = NewUser(
            username=name, password="一个足够长的密码", person_id=person_id, roles=frozenset({Role.VOLUNTEER})
        )
        create_users(actor=SYSTEM, users=[new])
    assert not Client().login(username="13900001111", password="一个足够长的密码")
    merge(cast, second_coordinator, stays=first, goes=second)
    assert Client().login(username="13900001111", password="一个足够长的密码")
    assert not Client().login(username="two", password="一个足够长的密码")
