"""The frame around every page: menus by role, language, brightness, size of type, components."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils import translation

from xinshi.kernel.actor import ANONYMOUS, Actor, Role
from xinshi.organizations.actions import create_organization, join_many
from xinshi.organizations.models import Organization
from xinshi.organizations.teams import set_leader
from xinshi.web import wording
from xinshi.web.design import DesignForm
from xinshi.web.icons import icon_markup, shapes
from xinshi.web.navigation import GROUPS, LEADING, PLACES, PUBLIC_PLACES, address_of, leading_links, menu_for
from xinshi.web.tests.conftest import Cast

ENTRIES = [*PLACES, *LEADING, *PUBLIC_PLACES, *(entry for group in GROUPS for entry in group.entries)]
DESK = (Role.COORDINATOR, Role.CLERK, Role.AUDITOR, Role.ADMINISTRATOR)


@pytest.mark.parametrize("url_name", sorted({entry.url_name for entry in ENTRIES}))
def test_every_entry_of_the_menus_leads_somewhere(url_name: str) -> None:
    assert address_of(url_name) == reverse(url_name)


def test_a_page_that_does_not_exist_is_left_out() -> None:
    assert address_of("web:nowhere") is None


def test_every_icon_of_the_menus_is_drawn() -> None:
    assert {entry.icon for entry in ENTRIES} <= shapes().keys()
    assert icon_markup("house").startswith('<svg class="icon"')
    assert 'aria-hidden="true"' in icon_markup("house")


def test_a_volunteer_has_five_places_and_no_desk(cast: Cast) -> None:
    menu = menu_for(cast.actor(Role.VOLUNTEER), "/start/")
    assert [link.address for link in menu.places] == [reverse(entry.url_name) for entry in PLACES]
    assert len(menu.places) == 5
    assert menu.groups == menu.public == ()


def test_a_leader_has_the_volunteers_places_and_what_they_lead(cast: Cast) -> None:
    assert len(menu_for(cast.actor(Role.LEADER), "/start/").places) == 5
    assert [link.address for link in leading_links(cast.actor(Role.LEADER))] == [
        reverse("activities:leading"),
        reverse("activities:to_decide"),
        reverse("attendance:approvals"),
        reverse("attendance:anomalies"),
        reverse("activities:requests_desk"),
        reverse("activities:feeds"),
        reverse("campaigns:list"),
    ]
    assert leading_links(cast.actor(Role.VOLUNTEER)) == []


@pytest.mark.parametrize("role", DESK)
def test_a_desks_menu_offers_only_what_opens(cast: Cast, role: Role) -> None:
    client = cast.client(role)
    menu = menu_for(cast.actor(role), "/desk/")
    assert menu.places == ()
    links = [link for group in menu.groups for link in group.links]
    assert reverse("web:desk") in [link.address for link in links]
    assert {client.get(link.address).status_code for link in links} == {200}


def test_the_auditor_sees_the_books_and_the_clerk_the_vouchers(cast: Cast) -> None:
    def offered(role: Role) -> set[str]:
        return {link.address for group in menu_for(cast.actor(role), "/desk/").groups for link in group.links}

    assert reverse("audit:log") in offered(Role.AUDITOR)
    assert reverse("benefits:manage") not in offered(Role.AUDITOR)
    assert reverse("benefits:desk") in offered(Role.CLERK)
    assert reverse("audit:log") not in offered(Role.CLERK)


def test_nobody_signed_in_is_offered_what_is_public() -> None:
    menu = menu_for(ANONYMOUS, "/")
    assert menu.places == menu.groups == ()
    assert reverse("activities:offers") in [link.address for link in menu.public]


def test_the_place_where_one_is_stands_out(cast: Cast) -> None:
    def current(path: str) -> dict[str, str]:
        links = menu_for(cast.actor(Role.VOLUNTEER), path).places
        return {link.address: link.current for link in links if link.current}

    assert current("/start/") == {"/start/": "page"}
    assert current("/activities/17/") == {"/activities/": "true"}
    assert current("/people/me/contact/") == {"/people/me/": "true"}


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/activities/new/", "/activities/desk/"),
        ("/activities/12/", "/activities/desk/"),
        ("/activities/", "/activities/"),
        ("/people/7/edit/", "/people/"),
    ],
)
def test_the_desk_marks_where_one_is(cast: Cast, path: str, marked: str) -> None:
    groups = menu_for(cast.actor(Role.COORDINATOR), path).groups
    assert [link.address for group in groups for link in group.links if link.current] == [marked]


def test_the_frame_has_landmarks_a_skip_link_and_nothing_inline(cast: Cast) -> None:
    for role in (None, *Role):
        page = cast.client(role).get("/", follow=True).content.decode()
        assert 'class="skip" href="#content"' in page
        assert '<main id="content"' in page
        assert page.count("<h1") == 1
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), role


def test_htmx_sends_the_csrf_token_and_brings_no_style() -> None:
    page = Client().get("/").content.decode()
    assert re.search(r"""<body [^>]*hx-headers='\{"X-CSRFToken": "\w+"\}'""", page)
    config = re.search(r"""name="htmx-config" content='([^']+)'""", page)
    assert config is not None
    assert json.loads(config[1]) == {"includeIndicatorStyles": False, "allowEval": False}


def test_the_language_switch_holds_and_leads_back(db: None) -> None:
    client = Client()
    assert "爱心时间银行" in client.get("/").content.decode()
    response = client.post(
        reverse("web:language"), {"language": "en"}, headers={"referer": "http://testserver/design/"}
    )
    assert response.status_code == 302
    assert response.headers["Location"] == "/design/"
    page = client.get("/").content.decode()
    assert '<html lang="en"' in page
    assert "爱心时间银行" not in page


def test_a_language_that_is_not_spoken_changes_nothing(db: None) -> None:
    client = Client()
    client.post(reverse("web:language"), {"language": "xx"})
    assert "xinshi_language" not in client.cookies
    assert '<html lang="zh-Hans"' in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("posted", "attribute"),
    [({"brightness": "dark"}, 'data-brightness="dark"'), ({"type": "elder"}, 'data-type="elder"')],
)
def test_brightness_and_type_are_kept_in_cookies(db: None, posted: dict[str, str], attribute: str) -> None:
    client = Client()
    assert attribute not in client.get("/").content.decode()
    client.post(reverse("web:appearance"), posted)
    assert attribute in client.get("/").content.decode()


def test_an_unknown_appearance_changes_nothing(db: None) -> None:
    client = Client()
    client.post(reverse("web:appearance"), {"brightness": '"><script>', "type": "huge"})
    assert client.cookies.keys() <= {"csrftoken"}
    client.cookies["xinshi_type"] = "huge"
    assert 'data-type="normal"' in client.get("/").content.decode()


def test_the_switches_lead_to_no_foreign_site(db: None) -> None:
    response = Client().post(reverse("web:language"), {"language": "en"}, headers={"referer": "https://evil.example/x"})
    assert response.headers["Location"] == "/"


def test_the_switches_work_before_the_first_password_is_chosen(cast: Cast) -> None:
    user = cast.users[Role.VOLUNTEER]
    user.must_change_password = True
    user.save(update_fields=["must_change_password"])
    client = cast.client(Role.VOLUNTEER)
    client.post(reverse("web:appearance"), {"type": "elder"})
    assert client.cookies["xinshi_type"].value == "elder"


def test_the_web_app_manifest_speaks_the_readers_language(db: None) -> None:
    response = Client().get(reverse("web:manifest"))
    assert response.headers["Content-Type"] == "application/manifest+json"
    told = response.json()
    assert (told["name"], told["start_url"], told["display"]) == ("爱心时间银行", "/start/", "standalone")
    assert Client(headers={"accept-language": "en"}).get(reverse("web:manifest")).json()["name"] == "Time Bank"


def test_days_and_hours_are_said_as_people_say_them() -> None:
    moment = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
    with translation.override("zh-hans"):
        assert wording.day_text(moment) == "2026年11月22日（周日）"
        assert wording.moment_text(moment) == "2026年11月22日（周日）14:30"
        assert wording.hours_text(750) == "12.5 小时"
    with translation.override("en"):
        assert wording.day_text(date(2026, 11, 22)) == "Sun 22 Nov 2026"
        assert wording.moment_text(moment) == "Sun 22 Nov 2026, 14:30"
        assert wording.hours_text(750) == "12.5 hours"
    assert wording.time_text(moment) == "14:30"
    assert wording.day_text(None) == wording.time_text(None) == wording.moment_text(None) == "–"


def test_a_day_is_the_hospitals_day_not_greenwichs() -> None:
    with translation.override("en"):
        assert wording.day_text(datetime(2026, 11, 22, 16, 0, tzinfo=UTC)) == "Mon 23 Nov 2026"


def test_the_components_are_there_without_loading_anything() -> None:
    source = (
        '{{ 2723870|hours_whole }} {{ 3864|number }} {{ "0004"|category }} {% icon "bell" %}{% stars 3 %}{% leaf day %}'
    )
    with translation.override("en"):
        text = Template(source).render(Context({"day": date(2026, 11, 22)}))
    assert text.startswith("45,397 3,864 Health <svg")
    assert text.count('class="star gold"') == 3
    assert "Three-star volunteer" in text
    assert 'datetime="2026-11-22"' in text


def test_a_wrong_field_says_so_where_it_stands() -> None:
    form = DesignForm({"name": "", "hours": "2.5"})
    with translation.override("en"):
        text = Template("{% form_fields form %}").render(Context({"form": form}))
    assert '<div class="error" id="id_name_error">' in text
    assert re.search(
        r'<input[^>]*aria-invalid="true"[^>]*id="id_name"|<input[^>]*id="id_name"[^>]*aria-invalid="true"', text
    )
    assert 'id="id_hours_helptext"' in text
    assert 'id="id_hours_error"' not in text
    assert "(optional)" in text


def test_my_organisation_is_offered_to_who_keeps_one(cast: Cast) -> None:
    actor = cast.actor(Role.VOLUNTEER)
    kept = create_organization(actor=Actor.system("tests"), name="甲大学", kind=Organization.Kind.UNIVERSITY)
    assert actor.person_id is not None
    join_many(actor=Actor.system("tests"), memberships=[(actor.person_id, kept)])
    assert leading_links(actor) == []
    set_leader(actor=Actor.system("tests"), organization_id=kept, person_id=actor.person_id, leads=True)
    assert [link.address for link in leading_links(actor)] == [reverse("organizations:kept_list")]
    answer = cast.client(Role.VOLUNTEER).get(reverse("organizations:kept_list"))
    assert answer.headers["Location"] == reverse("organizations:kept", args=[kept])
    assert cast.client(Role.LEADER).get(reverse("organizations:kept_list")).status_code == 200
