"""The policy: written by one administrator, tried out, put in force by another; and by nobody else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from xinshi.audit.models import AuditEntry
from xinshi.bank import policy_queries
from xinshi.bank.actions import propose_policy, put_policy_in_force, raise_stars
from xinshi.bank.domain import OwnPolicy, PolicyInForce, PolicyInThePast, PolicyTooFarAhead
from xinshi.bank.models import Passbook, PolicyVersion
from xinshi.bank.policy_effects import effect
from xinshi.bank.queries import policy_in_force
from xinshi.bank.rules import PolicyNotValid, Rules
from xinshi.bank.tests.conftest import SYSTEM, Cast
from xinshi.kernel import clock
from xinshi.kernel.errors import NotAllowed, NotFound

OWN_STARS = [1_200, 3_000, 6_000, 18_000, 60_000]
TYPED = {"star_1": "20", "star_2": "50", "star_3": "100", "star_4": "300", "star_5": "1000", "approval_levels": "2"}


def proposed(cast: Cast) -> int:
    return propose_policy(
        actor=cast.administrator.actor,
        rules=Rules(star_thresholds_minutes=tuple(OWN_STARS), approval_levels=2),
        note="本院星级",
    )


def test_no_version_blocks_those_after_it_for_more_than_a_year(cast: Cast) -> None:
    number, actor = proposed(cast), cast.other_administrator.actor
    with pytest.raises(PolicyTooFarAhead):
        put_policy_in_force(actor=actor, number=number, effective_from=clock.today() + timedelta(days=367))
    assert PolicyVersion.objects.get(number=number).enforced_at is None
    put_policy_in_force(actor=actor, number=number, effective_from=clock.today() + timedelta(days=366))


def test_a_proposed_version_changes_nothing(cast: Cast) -> None:
    before = policy_in_force()
    assert proposed(cast) == 2
    assert policy_in_force() == before


def test_another_administrator_puts_it_in_force(cast: Cast) -> None:
    number = proposed(cast)
    put_policy_in_force(actor=cast.other_administrator.actor, number=number, effective_from=clock.today())
    policy = policy_in_force()
    assert (policy.number, list(policy.star_thresholds_minutes), policy.approval_levels) == (2, OWN_STARS, 2)
    assert policy_in_force(clock.today() - timedelta(days=1)).number == 1
    assert AuditEntry.objects.filter(action="bank.put_policy_in_force", object_ref="policy:2").count() == 1


def test_its_author_does_not(cast: Cast) -> None:
    number = proposed(cast)
    with pytest.raises(OwnPolicy):
        put_policy_in_force(actor=cast.administrator.actor, number=number, effective_from=clock.today())
    assert PolicyVersion.objects.get(number=number).enforced_at is None


@pytest.mark.parametrize("role", ["volunteer", "leader", "coordinator", "clerk", "auditor"])
def test_nobody_but_administrators_writes_or_enforces(cast: Cast, role: str) -> None:
    number = proposed(cast)
    actor, client = cast.of_role(role).actor, cast.of_role(role).client
    with pytest.raises(NotAllowed):
        propose_policy(actor=actor, rules=Rules(star_thresholds_minutes=tuple(OWN_STARS), approval_levels=1))
    with pytest.raises(NotAllowed):
        put_policy_in_force(actor=actor, number=number, effective_from=clock.today())
    assert client.post(reverse("bank:propose_policy"), {**TYPED, "propose": "1"}).status_code == 403
    address = reverse("bank:put_policy_in_force", args=[number])
    assert client.post(address, {"effective_from": clock.today().isoformat()}).status_code == 403
    assert PolicyVersion.objects.count() == 2
    assert policy_in_force().number == 1


def test_a_version_in_force_or_of_the_past_stays_what_it_is(cast: Cast) -> None:
    number = proposed(cast)
    actor = cast.other_administrator.actor
    with pytest.raises(PolicyInThePast):
        put_policy_in_force(actor=actor, number=number, effective_from=clock.today() - timedelta(days=1))
    put_policy_in_force(actor=actor, number=number, effective_from=clock.today() + timedelta(days=9))
    with pytest.raises(PolicyInForce):
        put_policy_in_force(actor=actor, number=number, effective_from=clock.today())
    with pytest.raises(PolicyInForce):
        put_policy_in_force(actor=actor, number=1, effective_from=clock.today())
    with pytest.raises(NotFound):
        put_policy_in_force(actor=actor, number=99, effective_from=clock.today())
    later = propose_policy(actor=SYSTEM, rules=Rules(star_thresholds_minutes=tuple(OWN_STARS), approval_levels=1))
    with pytest.raises(PolicyInThePast):
        put_policy_in_force(actor=actor, number=later, effective_from=clock.today() + timedelta(days=8))
    assert policy_in_force().number == 1
    states = {view.version.number: view.state for view in policy_queries.versions(cast.auditor.actor)}
    assert states == {1: "in_force", 2: "coming", 3: "proposed"}


@pytest.mark.parametrize(
    "thresholds",
    [
        [],
        [60],
        [60, 50, 70, 80, 90],
        [0, 1, 2, 3, 4],
        [60, 60, 70, 80, 90],
        [1, 2, 3, 4, 6_000_001],
        [1, 2, 3, 4, 5, 6],
    ],
)
def test_refuses_thresholds_that_do_not_rise(cast: Cast, thresholds: list[int]) -> None:
    with pytest.raises(PolicyNotValid):
        propose_policy(
            actor=cast.administrator.actor, rules=Rules(star_thresholds_minutes=tuple(thresholds), approval_levels=1)
        )
    with pytest.raises(PolicyNotValid):
        effect(cast.administrator.actor, Rules(star_thresholds_minutes=tuple(thresholds)))
    assert PolicyVersion.objects.count() == 1


def test_a_dry_run_tells_whom_it_would_change_and_changes_nobody(cast: Cast) -> None:
    for who, minutes, level in ((cast.volunteer, 6_500, 1), (cast.second, 1_300, 0), (cast.leader, 100, 2)):
        Passbook.objects.filter(pk=who.passbook.pk).update(certified_minutes=minutes)
        raise_stars(actor=SYSTEM, levels={who.passbook.pk: level})
    found = effect(cast.auditor.actor, Rules(star_thresholds_minutes=tuple(OWN_STARS)))
    assert [(row.name, row.level_now, row.level_then) for row in found.rising] == [("李明", 1, 3), ("王芳", 0, 1)]
    assert (found.rising_number, found.keeping_number) == (2, 1)
    assert [(row.now, row.then) for row in found.counts] == [(6, 5), (1, 1), (1, 1), (0, 1), (0, 0), (0, 0)]
    assert [cast.volunteer.passbook.star_level, cast.second.passbook.star_level] == [1, 0]
    with pytest.raises(NotAllowed):
        effect(cast.volunteer.actor, Rules(star_thresholds_minutes=tuple(OWN_STARS)))


def test_pages_lead_from_dry_run_to_proposal_to_force(cast: Cast) -> None:
    Passbook.objects.filter(pk=cast.volunteer.passbook.pk).update(certified_minutes=6_500)
    author, other = cast.administrator.client, cast.other_administrator.client
    new = reverse("bank:propose_policy")
    assert 'value="1500"' in author.get(new).content.decode()
    tried = author.post(new, {**TYPED, "try": "1"}).content.decode()
    assert "Members promoted at once: 1" in tried
    assert PolicyVersion.objects.count() == 1
    answer = author.post(new, {**TYPED, "propose": "1", "note": "本院星级"})
    address = reverse("bank:policy_version", args=[2])
    assert answer.headers["Location"] == address
    assert list(PolicyVersion.objects.get(number=2).says.star_thresholds_minutes) == OWN_STARS
    assert "another administrator puts it in force" in author.get(address).content.decode()
    enforce = reverse("bank:put_policy_in_force", args=[2])
    author.post(enforce, {"effective_from": clock.today().isoformat()})
    assert policy_in_force().number == 1
    assert "李明" in other.get(address).content.decode()
    assert "Enter a valid date" in other.post(enforce, {"effective_from": "soon"}).content.decode()
    assert other.post(enforce, {"effective_from": clock.today().isoformat()}).headers["Location"] == address
    assert policy_in_force().number == 2
    page = cast.auditor.client.get(reverse("bank:policy")).content.decode()
    assert "Version 2 is in force" in page
    assert "郑洁" in page
    assert "冯涛" in page


def test_a_wrong_proposal_comes_back_with_what_was_typed(cast: Cast) -> None:
    answer = cast.administrator.client.post(reverse("bank:propose_policy"), {**TYPED, "star_2": "10", "propose": "1"})
    text = answer.content.decode()
    assert "must be five rising figures" in text
    assert 'value="10"' in text
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize("role", ["volunteer", "leader", "clerk"])
def test_versions_are_for_who_keeps_or_audits_the_bank(cast: Cast, role: str) -> None:
    client = cast.of_role(role).client
    assert client.get(reverse("bank:policy")).status_code == 403
    assert client.get(reverse("bank:policy_version", args=[1])).status_code == 403


def test_the_first_policy_is_the_ministrys(db: None) -> None:
    policy = policy_in_force()
    assert policy.star_thresholds_minutes == (6_000, 18_000, 36_000, 60_000, 90_000)
    assert policy.effective_from == date(2020, 1, 1)
