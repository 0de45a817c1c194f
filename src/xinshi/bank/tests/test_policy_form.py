"""The form of the policy: every rule can be typed, is tried out, proposed, read in words, and put in force by another."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from xinshi.bank.models import PolicyVersion
from xinshi.bank.policy_forms import PolicyForm
from xinshi.bank.policy_wording import rule_lines
from xinshi.bank.queries import policy_in_force
from xinshi.bank.rules import Coefficient, GroupHours, Rounding, Rules
from xinshi.bank.tests.conftest import Cast, PutIn
from xinshi.kernel import clock

EVERYTHING = Rules(
    star_thresholds_minutes=(1_200, 3_000, 6_000, 18_000, 60_000),
    star_verified_percent=(0, 0, 50, 60, 70),
    approval_levels=2,
    coefficients=(Coefficient(percent=150, category="0013"), Coefficient(percent=125, category="0004", skill="急救")),
    rounding=Rounding.NEAREST,
    rounding_minutes=30,
    presence_min_percent=60,
    day_cap_minutes=120,
    activity_cap_minutes=480,
    holding_cap_minutes=36_000,
    expiry_months=36,
    expiry_grace_days=180,
    notice_days=3,
    age_min_years=16,
    guardian_below_years=18,
    gifts=True,
    gift_year_cap_minutes=1_200,
    donations=True,
    group_hours=GroupHours.DONATE_ONLY,
    appeal_answer_days=15,
)
TYPED = {
    **{f"star_{level}": hours for level, hours in enumerate(("20", "50", "100", "300", "1000"), start=1)},
    "share_3": "50",
    "share_4": "60",
    "share_5": "70",
    "approval_levels": "2",
    "coefficient_0_category": "0013",
    "coefficient_0_value": "1.5",
    "coefficient_1_category": "",
    "coefficient_1_value": "",
    "coefficient_2_category": "0004",
    "coefficient_2_skill": "急救",
    "coefficient_2_value": "1.25",
    "rounding": "nearest",
    "rounding_minutes": "30",
    "presence_min_percent": "60",
    "day_cap": "2",
    "activity_cap": "8",
    "holding_cap": "600",
    "expiry_months": "36",
    "expiry_grace_days": "180",
    "notice_days": "3",
    "age_min_years": "16",
    "guardian_below_years": "18",
    "gifts": "on",
    "gift_year_cap": "20",
    "donations": "on",
    "group_hours": "donate_only",
    "appeal_answer_days": "15",
}


def test_every_rule_can_be_typed() -> None:
    form = PolicyForm(TYPED, showing=Rules())
    assert form.is_valid(), form.errors
    assert form.rules() == EVERYTHING


def test_the_form_shows_what_holds_so_that_sending_it_back_changes_nothing() -> None:
    shown = PolicyForm(showing=EVERYTHING)
    sent = {name: value for name in shown.fields if (value := shown[name].value()) not in (None, False, "")}
    again = PolicyForm(sent, showing=EVERYTHING)
    assert again.is_valid(), again.errors
    assert again.rules() == EVERYTHING


def test_what_is_left_empty_is_no_rule() -> None:
    sent = {name: TYPED[name] for name in TYPED if name.startswith("star_")} | {"approval_levels": "1"}
    form = PolicyForm(sent, showing=EVERYTHING)
    assert form.is_valid(), form.errors
    assert form.rules() == Rules(star_thresholds_minutes=EVERYTHING.star_thresholds_minutes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"coefficient_1_category": "0001"}, "coefficient_1_value"),
        ({"coefficient_1_value": "2"}, "coefficient_1_category"),
        ({"coefficient_1_category": "0013", "coefficient_1_value": "2"}, "coefficient_1_category"),
        ({"coefficient_1_category": "9999", "coefficient_1_value": "2"}, "coefficient_1_category"),
        ({"coefficient_0_value": "0"}, "coefficient_0_value"),
        ({"coefficient_0_value": "11"}, "coefficient_0_value"),
        ({"day_cap": "-2"}, "day_cap"),
        ({"presence_min_percent": "101"}, "presence_min_percent"),
        ({"expiry_grace_days": "89"}, "expiry_grace_days"),
        ({"rounding_minutes": "7"}, "rounding_minutes"),
        ({"notice_days": "91"}, "notice_days"),
    ],
)
def test_what_no_version_may_say_is_marked_at_its_field(cast: Cast, changes: dict[str, str], field: str) -> None:
    form = PolicyForm(TYPED | changes, showing=Rules())
    assert list(form.errors) == [field]
    answer = cast.administrator.client.post(reverse("bank:propose_policy"), {**TYPED, **changes, "propose": "1"})
    assert "Something is not right yet" in answer.content.decode()
    assert PolicyVersion.objects.count() == 1


def test_rules_are_said_in_words_with_what_they_change() -> None:
    lines = {str(line.label): line for line in rule_lines(EVERYTHING, before=Rules())}
    assert all(line.is_changed for label, line in lines.items() if "guardian" not in label and "监护" not in label)
    assert not any(line.is_changed for line in rule_lines(EVERYTHING))
    assert len(lines) == 17


def test_pages_lead_through_a_version_with_every_rule(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 40_000, worked_on=clock.today())
    author, other = cast.administrator.client, cast.other_administrator.client
    new = reverse("bank:propose_policy")
    day = clock.today() + timedelta(days=30)
    tried = author.post(new, {**TYPED, "try": "1", "effective_from": day.isoformat()}).content.decode()
    assert "What would be different" in tried
    assert "李明" in tried
    assert PolicyVersion.objects.count() == 1
    assert author.post(new, {**TYPED, "propose": "1"}).status_code == 302
    assert PolicyVersion.objects.get(number=2).says == EVERYTHING
    address = reverse("bank:policy_version", args=[2])
    page = other.get(address, {"effective_from": day.isoformat()}).content.decode()
    assert f'value="{day.isoformat()}"' in page
    assert "now: no such rule" in page
    assert "Enter a valid date" in other.get(address, {"effective_from": "x"}).content.decode()
    other.post(reverse("bank:put_policy_in_force", args=[2]), {"effective_from": clock.today().isoformat()})
    assert policy_in_force().rules == EVERYTHING
    assert "36 months after the service" in cast.auditor.client.get(reverse("bank:policy")).content.decode()


def test_programs_write_every_rule_and_leave_out_what_stays(cast: Cast, put_in: PutIn) -> None:
    put_in(cast.volunteer, 40_000)
    author, other = cast.administrator.client, cast.other_administrator.client

    def post(client: object, path: str, payload: object, status: int) -> dict[str, object]:
        answer = client.post(  # type: ignore[attr-defined]
            f"/api/v1/bank{path}", json.dumps(payload), content_type="application/json"
        )
        assert answer.status_code == status, answer.content
        found = json.loads(answer.content)
        assert isinstance(found, dict)
        return found

    said = json.loads(json.dumps(EVERYTHING.to_json()))
    assert post(author, "/policy", said, 201)["rules"] == said
    assert PolicyVersion.objects.get(number=2).says == EVERYTHING
    post(other, "/policy/2/enforcement", {"effective_from": clock.today().isoformat()}, 200)
    part = post(author, "/policy", {"day_cap_minutes": None, "notice_days": 0}, 201)
    assert part["rules"] == said | {"day_cap_minutes": None, "notice_days": 0}
    tried = post(author, "/policy/dry-run", {"holding_cap_minutes": 30_000}, 200)
    assert (tried["balance_number"], tried["donation_minutes"]) == (1, 10_000)
    answer = other.get("/api/v1/bank/policy/3/dry-run", {"effective_from": clock.today().isoformat()})
    assert json.loads(answer.content)["donation_minutes"] == 4_000
    for wrong in ({"rounding": "sideways"}, {"rounding_minutes": 7}, {"coefficients": [{"percent": 100}]}):
        post(author, "/policy", wrong, 422)
