"""Home, start, desk, signing in, refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import ModuleType
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.views.defaults import server_error

from xinshi.activities.actions import sign_up
from xinshi.attendance.queries import WaitingSummary
from xinshi.bank.models import Passbook
from xinshi.interbank.identity.actions import make_shared_key, make_tokens
from xinshi.interbank.identity.tests.conftest import LI, give_number, make_bank
from xinshi.kernel import clock
from xinshi.kernel.actor import Role
from xinshi.messages.actions import NewMessage, send_many
from xinshi.people.actions import give_consent
from xinshi.scheduling.inviting.queries import Counts
from xinshi.web import queries
from xinshi.web.tests.conftest import SYSTEM, Cast

QUERIES_MAX = 10
Publish = Callable[..., int]


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_public_home_tells_figures_and_the_next_shifts(cast: Cast, publish: Publish) -> None:
    publish("门诊导医", places=3)
    publish("健康讲座", days=2)
    page = cast.client(None).get("/").content.decode()
    assert "门诊导医" in page
    assert "健康讲座" in page
    assert "3 free" in page
    assert "<b>3</b><span>volunteers with a passbook</span>" in page
    assert "林小雨" not in page
    assert reverse("account_login") in page


def test_an_empty_bank_has_a_home(db: None) -> None:
    assert "No shifts are open at the moment" in Client(headers={"accept-language": "en"}).get("/").content.decode()


@pytest.mark.parametrize("role", [None, Role.VOLUNTEER, Role.COORDINATOR])
def test_home_asks_the_database_little(cast: Cast, publish: Publish, role: Role | None) -> None:
    for day in range(1, 6):
        publish(f"导医{day}", days=day)
    assert queries_of(cast.client(role), "/") <= QUERIES_MAX


def test_start_asks_the_database_little(cast: Cast, publish: Publish) -> None:
    shifts = [publish(f"导医{day}", days=day) for day in range(1, 9)]
    for shift_id in shifts[:3]:
        sign_up(actor=cast.actor(Role.VOLUNTEER), shift_id=shift_id)
    for role in (Role.VOLUNTEER, Role.LEADER):
        assert (
            queries_of(cast.client(role), reverse("web:start")) <= QUERIES_MAX + 12
        )  # What one may take is decided, and what of it suits one.


def test_start_shows_the_coming_shift_the_balance_and_what_may_be_taken(cast: Cast, publish: Publish) -> None:
    mine, at_the_same_time = publish("门诊导医"), publish("同时的班次")
    full, free = publish("满员的班次", days=2, places=1), publish("病区陪伴", days=3)
    sign_up(actor=cast.actor(Role.VOLUNTEER), shift_id=mine)
    sign_up(actor=cast.actor(Role.LEADER), shift_id=full)
    found = queries.start_of(cast.actor(Role.VOLUNTEER), shifts_shown=4)
    assert [shift.shift_id for shift in found.coming] == [mine]
    assert [one.shift.id for one in found.takeable] == [free]
    assert at_the_same_time not in [one.shift.id for one in found.takeable]
    assert found.balance is not None
    assert found.balance.available == 0
    page = cast.client(Role.VOLUNTEER).get(reverse("web:start")).content.decode()
    assert "林小雨" in page
    assert reverse("activities:sign_up", args=[free]) in page
    assert "100 hours to the next star" in page


def test_one_signs_up_from_start_and_is_back(cast: Cast, publish: Publish) -> None:
    shift_id = publish("门诊导医")
    client = cast.client(Role.VOLUNTEER)
    response = client.post(
        reverse("activities:sign_up", args=[shift_id]), headers={"referer": "http://testserver/start/"}, follow=True
    )
    assert response.redirect_chain == [("/start/", 302)]
    assert "The place is yours" in response.content.decode()
    assert [shift.shift_id for shift in queries.start_of(cast.actor(Role.VOLUNTEER), shifts_shown=4).coming] == [
        shift_id
    ]


def test_unread_messages_are_counted(cast: Cast) -> None:
    person_id = cast.users[Role.VOLUNTEER].person_id
    send_many([NewMessage(recipient_ref=f"person:{person_id}", text="Hello", key=f"k{n}") for n in range(2)])
    assert "2 unread" in cast.client(Role.VOLUNTEER).get(reverse("web:start")).content.decode()
    assert "unread" not in cast.client(Role.LEADER).get(reverse("web:start")).content.decode()


def test_elders_see_fewer_choices(cast: Cast, publish: Publish) -> None:
    for day in range(1, 6):
        publish(f"导医{day}", days=day)
    client = cast.client(Role.VOLUNTEER)
    assert client.get(reverse("web:start")).content.decode().count("Sign up: ") == 4
    client.cookies["xinshi_type"] = "elder"
    assert client.get(reverse("web:start")).content.decode().count("Sign up: ") == 2


def test_who_has_no_active_passbook_is_told_where_to_get_one(cast: Cast, publish: Publish) -> None:
    publish("门诊导医")
    Passbook.objects.filter(person_id=cast.users[Role.VOLUNTEER].person_id).update(state=Passbook.State.FROZEN)
    page = cast.client(Role.VOLUNTEER).get(reverse("web:start")).content.decode()
    assert "not active at the moment" in page
    assert "Sign up: " not in page


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.CLERK, Role.AUDITOR, Role.ADMINISTRATOR])
def test_staff_start_at_the_desk(cast: Cast, role: Role) -> None:
    response = cast.client(role).get(reverse("web:start"))
    assert response.status_code == 302
    assert response.headers["Location"] == reverse("web:desk")
    assert cast.client(role).get(reverse("web:desk")).status_code == 200


def test_the_desk_shows_empty_places_of_the_next_two_days(cast: Cast, publish: Publish) -> None:
    soon, taken = publish("快开始的班次", places=3), publish("满员的班次", places=1)
    publish("下周的班次", days=7)
    sign_up(actor=cast.actor(Role.LEADER), shift_id=taken)
    page = cast.client(Role.COORDINATOR).get(reverse("web:desk")).content.decode()
    assert reverse("attendance:shift", args=[soon]) in page
    assert "满员的班次" not in page
    assert "下周的班次" not in page
    assert "<b>3</b><span>empty places in the next 48 hours</span>" in page


def test_the_desk_names_identity_numbers_on_two_records(cast: Cast, db: None) -> None:
    river = make_bank("river", "江北医院时间银行")
    make_shared_key(actor=SYSTEM, partner_id=river.pk)
    for role, number in ((Role.VOLUNTEER, LI), (Role.LEADER, f"{LI} ")):
        person_id = cast.actor(role).person_id
        assert person_id is not None
        give_number(person_id, number)
        give_consent(actor=SYSTEM, person_id=person_id, purpose="exchange:river", through="station")
    before = cast.client(Role.COORDINATOR).get(reverse("web:desk")).text
    make_tokens(actor=SYSTEM, partner_id=river.pk)
    line = f'href="{reverse("interbank:clashes")}">'
    page = cast.client(Role.COORDINATOR).get(reverse("web:desk")).text
    assert (line in before, line in page) == (False, True)
    assert "<b>1</b><span>identity number on two records</span>" in page
    assert line not in cast.client(Role.CLERK).get(reverse("web:desk")).text


def test_the_desk_gives_a_clerk_no_planners_work(cast: Cast, publish: Publish) -> None:
    publish("快开始的班次", places=3)
    page = cast.client(Role.CLERK).get(reverse("web:desk")).content.decode()
    assert "快开始的班次" not in page
    assert reverse("activities:create") not in page
    assert "open vouchers" in page


def test_the_approvals_clock_is_told(cast: Cast) -> None:
    actor, today = cast.actor(Role.COORDINATOR), clock.today()

    def told(*, count: int, oldest: date | None, overdue: int) -> tuple[str, str]:
        waiting = WaitingSummary(count=count, oldest_due_on=oldest, overdue=overdue)
        with patch.object(queries.attendance, "waiting_summary", return_value=waiting):
            task = queries.approvals_task(actor, "/x/")
        return task.tone, task.figure

    assert told(count=0, oldest=None, overdue=0) == ("", "0")
    assert told(count=1200, oldest=today + timedelta(days=3), overdue=0) == ("warn", "1,200")
    assert told(count=5, oldest=today - timedelta(days=1), overdue=2) == ("bad", "5")


COUNTED = (
    (
        queries.attendance,
        "waiting_summary",
        lambda n: WaitingSummary(n, None, 0),
        "service record waits",
        "records wait",
    ),
    (
        queries,
        "missing_lately",
        lambda n: n,
        "activity waits for what came of it",
        "activities wait for what came of them",
    ),
    (queries.registration, "waiting_count", lambda n: n, "account waits", "accounts wait"),
    (queries.erasing, "waiting_count", lambda n: n, "person wants their data", "people want their data"),
    (
        queries.exchange,
        "held_back_count",
        lambda n: n,
        "line from a partner held back",
        "lines from partners held back",
    ),
    (queries.exchange, "unmatched_count", lambda n: n, "line from a partner waits", "lines from partners wait"),
    (queries.reconciling, "open_count", lambda n: n, "difference with a time bank", "differences with time banks"),
    (queries.overlaps, "waiting_count", lambda n: n, "service that may have been", "services that may have been"),
    (queries.interbank, "unknown_count", lambda n: n, "transfer to another bank", "transfers to other banks"),
    (queries.partners, "waits_for_second", lambda n: n, "key or limit of a partner waits", "limits of partners wait"),
    (queries.key_queries, "keys_that_need", lambda n: n, "key of ours", "keys of ours"),
    (queries.agreements, "ending_count", lambda n: (n, None), "agreement ends", "agreements end"),
    (queries.designations, "due_count", lambda n: n, "base or demonstration", "bases and demonstrations"),
    (queries.invitations, "counts", lambda n: Counts(n, n, n), "shift lost somebody", "shifts lost somebody"),
)


@pytest.mark.parametrize(
    ("module", "name", "made", "one", "many"), COUNTED, ids=[f"{row[0].__name__}.{row[1]}" for row in COUNTED]
)
def test_every_count_at_the_desk_is_right_for_one_and_for_many(
    cast: Cast, module: ModuleType, name: str, made: Callable[[int], object], one: str, many: str
) -> None:
    for number, said, unsaid in ((1, one, many), (2, many, one)):
        with patch.object(module, name, return_value=made(number)):
            page = cast.client(Role.ADMINISTRATOR).get(reverse("web:desk")).text
        assert f"<span>{said}" in page or f" {said}" in page
        assert unsaid not in page


def test_one_unread_message_is_one_message(cast: Cast) -> None:
    for number, label in ((0, "unread messages"), (1, "unread message"), (2, "unread messages")):
        with patch.object(queries.messages, "unread_count", return_value=number):
            assert queries.messages_task(cast.actor(Role.COORDINATOR), "/x/").label == label


def test_the_style_guide_shows_a_form_with_its_errors(db: None) -> None:
    client = Client(headers={"accept-language": "en"})
    assert client.get(reverse("web:design")).status_code == 200
    assert 'aria-invalid="true"' in client.post(reverse("web:design"), {}).content.decode()


def test_the_sign_in_page_says_who_gives_an_account(db: None) -> None:
    page = Client(headers={"accept-language": "en"}).get(reverse("account_login")).content.decode()
    assert "The volunteer service station opens your passbook" in page
    assert 'autocomplete="username"' in page
    assert "signup" not in page


def test_a_wrong_password_is_said_and_the_name_is_kept(cast: Cast) -> None:
    page = (
        cast.client(None).post(reverse("account_login"), {"login": "volunteer", "password": "wrong"}).content.decode()
    )
    assert 'role="alert"' in page
    assert 'value="volunteer"' in page


@pytest.mark.parametrize("name", ["account_logout", "account_change_password", "account_inactive"])
def test_the_pages_of_ones_sign_in_wear_the_same_frame(cast: Cast, name: str) -> None:
    user = cast.users[Role.VOLUNTEER]
    user.set_password("plum blossom in snow")
    user.save(update_fields=["password"])
    page = cast.client(Role.VOLUNTEER).get(reverse(name)).content.decode()
    assert '<main id="content"' in page


def test_who_registered_by_phone_chooses_a_password(cast: Cast) -> None:
    """The page to change a password led to nowhere for who had none."""
    user = cast.users[Role.VOLUNTEER]
    user.set_unusable_password()
    user.save(update_fields=["password"])
    client = cast.client(Role.VOLUNTEER)
    asked = client.get(reverse("account_change_password"))
    assert asked.headers["Location"] == reverse("account_set_password")
    assert "Choose a password of your own" in client.get(asked.headers["Location"]).content.decode()
    chosen = {"password1": "plum blossom in snow", "password2": "plum blossom in snow"}
    assert client.post(asked.headers["Location"], chosen).status_code == 302
    user.refresh_from_db()
    assert user.check_password("plum blossom in snow")
    assert client.get(reverse("account_set_password")).headers["Location"] == reverse("account_change_password")


def test_what_is_not_there_is_said_kindly(cast: Cast) -> None:
    response = cast.client(None).get("/no-such-page/")
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()
    response = cast.client(Role.VOLUNTEER).get(reverse("activities:detail", args=[999_999]))
    assert response.status_code == 404
    assert "There is nothing here, or you may not see it." in response.content.decode()


def test_what_is_not_allowed_is_said_kindly(cast: Cast) -> None:
    response = cast.client(Role.VOLUNTEER).get(reverse("web:desk"))
    assert response.status_code == 403
    assert "Ask a coordinator if you need it." in response.content.decode()


def test_a_lost_csrf_token_is_explained(db: None) -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    response = client.post(reverse("web:language"), {"language": "en"})
    assert response.status_code == 403
    assert "Please send it once more" in response.content.decode()


def test_a_broken_page_breaks_politely(db: None) -> None:
    response = server_error(Client().get("/").wsgi_request)
    assert response.status_code == 500
    assert "web/base.css" in response.content.decode()
