"""Partners are kept by two: what moves hours is written by one administrator and put in force by another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction

from xinshi.audit.models import AuditEntry
from xinshi.exchange.actions import import_zhiyuanhui
from xinshi.exchange.models import Partner, PartnerContract, PartnerKey, PartnerStateChange
from xinshi.exchange.partners import actions, queries, registry
from xinshi.exchange.partners.domain import (
    ContractOver,
    Direction,
    InForceAlready,
    KeyKnown,
    KeyRevoked,
    KindNotAgreed,
    Limits,
    NoContract,
    NothingProposed,
    OverLimit,
    OwnContract,
    PartnerDisputed,
    PartnerKnown,
    PartnerPaused,
    StateNotPossible,
    Terms,
)
from xinshi.exchange.partners.tests.conftest import KEY, TODAY, Bank, Cast, Somebody
from xinshi.exchange.tests.conftest import NOW, SYSTEM, honorary
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotAllowed, NotFound
from xinshi.messages.models import Message
from xinshi.outbox.models import StoredEvent


def everything() -> list[Any]:
    """What stands about partners; a refusal changes none of it."""
    tables = (Partner, PartnerContract, PartnerKey, PartnerStateChange)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_a_partner_is_registered_once_and_begins_with_nothing_in_force(bank: Bank) -> None:
    found = queries.health(bank.row)
    assert (found.word, found.contract, found.trusted_keys, found.silent_since) == ("no_contract", None, 0, None)
    assert (found.limits, found.standing.they_owe_minutes) == (Limits(600, 300), 0)
    assert list(PartnerStateChange.objects.values_list("state", "by_ref")) == [("active", bank.first.actor.reference)]
    before = everything()
    with pytest.raises(PartnerKnown):
        actions.register_partner(actor=bank.second.actor, code="east", name="另一家", kind=Partner.Kind.BANK)
    assert everything() == before


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("code", {"code": "East"}),
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 65}),
        ("address", {"address": "http://east.example/"}),
        ("address", {"address": "https://10.0.0.7/"}),
        ("address", {"address": "https://2130706433/"}),
        ("address", {"address": "https://east.example/?to=x"}),
        ("address", {"address": "https://east.example/" + "x" * 140}),
        ("in_minutes_max", {"limits": Limits(-1, None)}),
    ],
)
def test_a_partner_that_is_written_down_wrongly_is_refused(cast: Cast, field: str, values: dict[str, Any]) -> None:
    before = everything()
    asked = {"code": "east", "name": "城东", "kind": Partner.Kind.BANK, "address": "", **values}
    with pytest.raises(Invalid) as refused:
        actions.register_partner(actor=cast.administrator.actor, **asked)
    assert refused.value.parameters["field"] == field
    assert everything() == before


def everything_that_needs_the_right(bank_id: int, actor: Actor) -> list[Callable[[], object]]:
    return [
        lambda: actions.register_partner(actor=actor, code="west", name="城西", kind=Partner.Kind.BANK),
        lambda: actions.change_partner(actor=actor, partner_id=bank_id, name="城西", address=""),
        lambda: actions.change_limits(actor=actor, partner_id=bank_id, limits=Limits(0, 0)),
        lambda: actions.confirm_limits(actor=actor, partner_id=bank_id),
        lambda: actions.write_contract(actor=actor, partner_id=bank_id, terms=Terms(starts_on=TODAY)),
        lambda: actions.put_contract_in_force(actor=actor, partner_id=bank_id, number=1),
        lambda: actions.add_key(actor=actor, partner_id=bank_id, key_id="k", public_key=KEY),
        lambda: actions.confirm_key(actor=actor, partner_id=bank_id, key_id="k"),
        lambda: actions.revoke_key(actor=actor, partner_id=bank_id, key_id="k", reason="x"),
        lambda: actions.resume(actor=actor, partner_id=bank_id, reason="x"),
    ]


def test_only_administrators_keep_partners_and_only_staff_stops_them(bank: Bank, cast: Cast) -> None:
    before = everything()
    for somebody in (cast.coordinator, cast.auditor, cast.li):
        for verb in everything_that_needs_the_right(bank.id, somebody.actor):
            with pytest.raises(NotAllowed):
                verb()
    for somebody in (cast.auditor, cast.li):
        for verb in (actions.pause, actions.dispute):
            with pytest.raises(NotAllowed):
                verb(actor=somebody.actor, partner_id=bank.id, reason="x")
    with pytest.raises(NotAllowed):
        queries.detail(cast.li.actor, bank.id)
    assert everything() == before
    assert queries.detail(cast.auditor.actor, bank.id).health.word == "no_contract"
    with pytest.raises(NotFound):
        queries.partner(cast.auditor.actor, bank.id + 99)


def test_a_contract_holds_once_another_administrator_puts_it_in_force(bank: Bank) -> None:
    number = actions.write_contract(actor=bank.first.actor, partner_id=bank.id, terms=Terms(starts_on=TODAY))
    assert queries.contract_in_force(bank.row, TODAY) is None
    before = everything()
    with pytest.raises(OwnContract):
        actions.put_contract_in_force(actor=bank.first.actor, partner_id=bank.id, number=number)
    with pytest.raises(NotFound):
        actions.put_contract_in_force(actor=bank.second.actor, partner_id=bank.id, number=9)
    assert everything() == before
    actions.put_contract_in_force(actor=bank.second.actor, partner_id=bank.id, number=number)
    found = queries.contract_in_force(bank.row, TODAY)
    assert found is not None
    assert (found.number, found.enforced_by_ref) == (1, bank.second.actor.reference)
    with pytest.raises(InForceAlready):
        actions.put_contract_in_force(actor=bank.second.actor, partner_id=bank.id, number=number)


def test_the_database_too_wants_two_people(bank: Bank) -> None:
    actions.write_contract(actor=bank.first.actor, partner_id=bank.id, terms=Terms(starts_on=TODAY))
    actions.add_key(actor=bank.first.actor, partner_id=bank.id, key_id="k", public_key=KEY)
    own = bank.first.actor.reference
    for rows, at, by in (
        (PartnerContract.objects.all(), "enforced_at", "enforced_by_ref"),
        (PartnerKey.objects.all(), "confirmed_at", "confirmed_by_ref"),
    ):
        for values in ({at: clock.now(), by: own}, {at: clock.now(), by: ""}, {by: bank.second.actor.reference}):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**values)
        assert rows.update(**{at: clock.now(), by: bank.second.actor.reference}) == 1


def test_versions_take_each_other_over_day_by_day_and_none_reaches_back(bank: Bank) -> None:
    day = timedelta(days=1)
    bank.agree(coefficient_percent=100)
    bank.agree(starts_on=TODAY + 10 * day, ends_on=TODAY + 19 * day, coefficient_percent=80)
    bank.agree(starts_on=TODAY - 5 * day, ends_on=TODAY + day, coefficient_percent=50)
    actions.write_contract(
        actor=bank.first.actor, partner_id=bank.id, terms=Terms(starts_on=TODAY, coefficient_percent=1)
    )
    numbers = {
        ahead: found.number if (found := queries.contract_in_force(bank.row, TODAY + ahead * day)) else None
        for ahead in (-5, -1, 0, 1, 2, 9, 10, 19, 20)
    }
    assert numbers == {-5: None, -1: None, 0: 3, 1: 3, 2: 1, 9: 1, 10: 2, 19: 2, 20: 1}


def test_a_version_that_is_over_is_not_put_in_force(bank: Bank) -> None:
    terms = Terms(starts_on=TODAY, ends_on=TODAY)
    number = actions.write_contract(actor=bank.first.actor, partner_id=bank.id, terms=terms)
    with time_machine.travel(NOW + timedelta(days=1)), pytest.raises(ContractOver):
        actions.put_contract_in_force(actor=bank.second.actor, partner_id=bank.id, number=number)


def test_a_key_is_trusted_from_its_confirmation_until_it_is_revoked(bank: Bank) -> None:
    actions.add_key(actor=bank.first.actor, partner_id=bank.id, key_id="2026-11", public_key=KEY)
    assert queries.trusted_key(bank.row, "2026-11", clock.now()) is None
    with pytest.raises(OwnContract):
        actions.confirm_key(actor=bank.first.actor, partner_id=bank.id, key_id="2026-11")
    with pytest.raises(KeyKnown):
        actions.add_key(actor=bank.second.actor, partner_id=bank.id, key_id="2026-11", public_key=KEY)
    actions.confirm_key(actor=bank.second.actor, partner_id=bank.id, key_id="2026-11")
    found = queries.trusted_key(bank.row, "2026-11", clock.now())
    assert found is not None
    assert found.public_key == KEY
    assert queries.trusted_key(bank.row, "2026-12", clock.now()) is None
    assert queries.trusted_key(bank.row, "2026-11", clock.now() - timedelta(seconds=1)) is None
    actions.revoke_key(actor=bank.second.actor, partner_id=bank.id, key_id="2026-11", reason="伙伴的服务器失窃")
    assert queries.trusted_key(bank.row, "2026-11", clock.now()) is None
    for verb in (actions.confirm_key, lambda **of: actions.revoke_key(**of, reason="x")):
        with pytest.raises(KeyRevoked):
            verb(actor=bank.first.actor, partner_id=bank.id, key_id="2026-11")


def test_a_key_may_begin_later(bank: Bank) -> None:
    later = clock.now() + timedelta(days=3)
    actions.add_key(actor=bank.first.actor, partner_id=bank.id, key_id="next", public_key=KEY, valid_from=later)
    actions.confirm_key(actor=bank.second.actor, partner_id=bank.id, key_id="next")
    assert queries.trusted_key(bank.row, "next", clock.now()) is None
    assert queries.trusted_key(bank.row, "next", later) is not None


def test_tighter_limits_hold_at_once_and_wider_ones_take_two(bank: Bank) -> None:
    assert actions.change_limits(actor=bank.first.actor, partner_id=bank.id, limits=Limits(500, 300))
    assert not actions.change_limits(actor=bank.first.actor, partner_id=bank.id, limits=Limits(500, None))
    assert queries.limits_of(bank.row) == Limits(500, 300)
    assert queries.health(bank.row).waits_for_second == 1
    with pytest.raises(OwnContract):
        actions.confirm_limits(actor=bank.first.actor, partner_id=bank.id)
    assert queries.limits_of(bank.row) == Limits(500, 300)
    actions.confirm_limits(actor=bank.second.actor, partner_id=bank.id)
    assert queries.limits_of(bank.row) == Limits(500, None)
    with pytest.raises(NothingProposed):
        actions.confirm_limits(actor=bank.second.actor, partner_id=bank.id)


def test_limits_bind_what_is_owed_both_ways(bank: Bank) -> None:
    def ask(direction: Direction, minutes: int, **more: Any) -> int:
        with transaction.atomic():
            return queries.require_within_limits(bank.row, direction, minutes, **more).number

    with pytest.raises(NoContract):
        ask(Direction.IN, 1)
    bank.agree(hours_kinds_in=("verified",))
    assert ask(Direction.IN, 600) == 1
    bank.came_in(400)
    assert queries.health(bank.row).standing.they_owe_minutes == 400
    assert ask(Direction.IN, 200, hours_kind="verified") == 1
    with pytest.raises(OverLimit):
        ask(Direction.IN, 201)
    with pytest.raises(KindNotAgreed):
        ask(Direction.IN, 1, hours_kind="honorary")
    assert ask(Direction.OUT, 700) == 1
    bank.went_out(650)
    assert queries.health(bank.row).standing.we_owe_minutes == 250
    with pytest.raises(OverLimit):
        ask(Direction.OUT, 51)


def test_a_stopped_partner_lets_nothing_through_until_somebody_resumes_it(bank: Bank, cast: Cast) -> None:
    bank.agree()
    actions.pause(actor=cast.coordinator.actor, partner_id=bank.id, reason="对方系统升级")
    with pytest.raises(PartnerPaused):
        queries.require_within_limits(bank.row, Direction.IN, 1)
    with pytest.raises(StateNotPossible):
        actions.pause(actor=bank.first.actor, partner_id=bank.id, reason="again")
    with pytest.raises(Invalid):
        actions.resume(actor=bank.first.actor, partner_id=bank.id, reason=" ")
    actions.resume(actor=bank.first.actor, partner_id=bank.id, reason="升级已完成")
    with pytest.raises(StateNotPossible):
        actions.resume(actor=bank.first.actor, partner_id=bank.id, reason="again")
    assert queries.require_within_limits(bank.row, Direction.IN, 1).number == 1
    found = queries.detail(cast.auditor.actor, bank.id)
    assert [(one.state, one.reason) for one in found.state_changes[:2]] == [
        ("active", "升级已完成"),
        ("paused", "对方系统升级"),
    ]
    assert found.people[cast.coordinator.actor.reference] == "周敏"
    assert StoredEvent.objects.filter(name="exchange.partner_state").count() == 2


def test_the_history_of_states_is_never_changed(bank: Bank) -> None:
    for change in (lambda rows: rows.update(reason="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(PartnerStateChange.objects.all())


def test_a_dispute_stops_the_partner_loudly_and_once(bank: Bank) -> None:
    bank.agree()
    assert queries.alarms().count == 0
    assert actions.dispute(actor=SYSTEM, partner_id=bank.id, reason="The chain of messages is broken.")
    assert not actions.dispute(actor=SYSTEM, partner_id=bank.id, reason="again")
    with pytest.raises(PartnerDisputed):
        queries.require_within_limits(bank.row, Direction.IN, 1)
    assert queries.alarms() == queries.Alarms(disputed=1, silent=0, overdue=0, count=1)
    told = Message.objects.filter(object_ref=f"exchange-partner:{bank.id}")
    assert set(told.values_list("recipient_ref", flat=True)) == {
        f"person:{bank.first.person_id}",
        f"person:{bank.second.person_id}",
    }
    actions.resume(actor=bank.second.actor, partner_id=bank.id, reason="已与对方逐条核对")
    assert actions.dispute(actor=SYSTEM, partner_id=bank.id, reason="Broken again.")
    assert told.count() == 4
    assert AuditEntry.objects.filter(action="exchange.partner_state").count() == 3


def test_a_partner_that_falls_silent_is_told_of_once_per_silence(bank: Bank, settings: Any) -> None:
    settings.PARTNER_SILENT_HOURS = 24
    bank.agree()
    told = Message.objects.filter(object_ref=f"exchange-partner:{bank.id}")
    with time_machine.travel(NOW + timedelta(hours=23, minutes=59)):
        assert actions.tell_of_silence(actor=SYSTEM) == 0
    with time_machine.travel(NOW + timedelta(hours=25)):
        assert actions.tell_of_silence(actor=SYSTEM) == 1
        assert actions.tell_of_silence(actor=SYSTEM) == 1
        assert queries.health(bank.row).word == "silent"
        enforced = PartnerContract.objects.get().enforced_at
        assert (queries.health(bank.row).silent_since, queries.alarms().silent) == (enforced, 1)
        assert told.count() == 2
        actions.note_heard(partner_id=bank.id)
        assert queries.health(bank.row).silent_since is None
        assert actions.tell_of_silence(actor=SYSTEM) == 0
    with time_machine.travel(NOW + timedelta(hours=50)):
        assert actions.tell_of_silence(actor=SYSTEM) == 1
    assert told.count() == 4
    with time_machine.travel(NOW + timedelta(hours=51)):
        actions.pause(actor=bank.first.actor, partner_id=bank.id, reason="x")
        assert queries.silent_partners() == []


def test_an_older_word_does_not_turn_the_clock_back(bank: Bank) -> None:
    actions.note_heard(partner_id=bank.id)
    heard = bank.row.last_heard_at
    assert heard is not None
    with time_machine.travel(NOW - timedelta(hours=1)):
        actions.note_heard(partner_id=bank.id)
    assert bank.row.last_heard_at == heard


def test_higher_rooms_tell_what_is_unfinished(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_UNFINISHED", "_DIFFERENCES", "_LATEST"):
        monkeypatch.setattr(registry, name, {})
    bank.agree()
    older, newer = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    registry.register_unfinished("transfers", lambda _: registry.Unfinished(count=2, oldest_at=newer))
    registry.register_unfinished("requests", lambda _: registry.Unfinished(count=1, oldest_at=older))
    registry.register_unfinished("nothing", lambda _: registry.Unfinished())
    registry.register_differences("daily", lambda partner_id: 3 if partner_id == bank.id else 0)
    for at in (older, newer):
        registry.register_latest(
            str(at), lambda _, at=at: [registry.Happening(at=at, what="A message", is_incoming=True)]
        )
    found = queries.health(bank.row)
    assert (found.unfinished.count, found.unfinished.oldest_at) == (3, older)
    assert (found.open_differences, found.word) == (3, "differs")
    assert [one.at for one in registry.latest(bank.id)] == [newer, older]


def test_a_disputed_platform_takes_no_file_in(cast: Cast) -> None:
    platform = Partner.objects.get(code="zhiyuanhui")
    actions.dispute(actor=SYSTEM, partner_id=platform.pk, reason="x")
    data = honorary((cast.li.name, cast.li.number, "2", "义诊"))
    with pytest.raises(PartnerDisputed):
        import_zhiyuanhui(actor=cast.coordinator.actor, data=data, file_name="x.xlsx")


def test_a_partner_moves_its_address_but_keeps_its_code(bank: Bank, second: Somebody) -> None:
    actions.change_partner(
        actor=second.actor, partner_id=bank.id, name="东城时间银行", address="https://new.east.example/interbank"
    )
    assert (bank.row.code, bank.row.name, bank.row.address) == (
        "east",
        "东城时间银行",
        "https://new.east.example/interbank",
    )
