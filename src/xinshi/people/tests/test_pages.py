"""The archive's pages, one's own page, and the administrators'."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse

from xinshi.people.actions import NewPerson, actor_of_token, register_people
from xinshi.people.models import ApiToken, Consent, Person, RoleGrant, User
from xinshi.people.tests.conftest import SYSTEM, Cast, browser, everything, id_number


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_the_list_is_paged_and_keeps_the_search(cast: Cast) -> None:
    register_people(actor=SYSTEM, people=[NewPerson(name=f"志愿者{n}", group="student") for n in range(31)])
    client = cast.coordinator.client
    first = client.get("/people/?q=志愿者&group=student")
    assert (len(first.context["cards"]), first.context["page"].paginator.count) == (30, 31)
    assert "group=student&amp;page=2" in text_of(first)
    assert len(client.get("/people/?q=志愿者&group=student&page=2").context["cards"]) == 1
    assert len(client.get("/people/?page=no").context["cards"]) == 30


@pytest.mark.parametrize("query", ["q=%00", "group=x", "q=" + "x" * 5_000, "page=-1", "page=99999999999999999999"])
def test_a_search_that_does_not_fit_is_no_error(cast: Cast, query: str) -> None:
    assert cast.coordinator.client.get(f"/people/?{query}").status_code == 200


def test_a_search_without_result_says_what_would_help(cast: Cast) -> None:
    assert "must be typed in full" in text_of(cast.coordinator.client.get("/people/?q=1990000"))


def test_who_may_open_which_page(cast: Cast) -> None:
    own, other = f"/people/{cast.li.person_id}/", f"/people/{cast.wang.person_id}/"
    allowed = {
        "/people/": {"coordinator", "administrator", "auditor"},
        own: {"li", "coordinator", "administrator", "auditor", "clerk"},
        other: {"wang", "coordinator", "administrator", "auditor", "clerk"},
        f"{own}edit/": {"coordinator", "administrator"},
        "/people/users/": {"administrator"},
        "/people/users/new/": {"administrator"},
        f"/people/users/{cast.li.user.pk}/": {"administrator"},
    }
    for path, names in allowed.items():
        answers = {somebody.user.username: somebody.client.get(path).status_code for somebody in cast.all()}
        assert {name for name, status in answers.items() if status == 200} == names, path
        assert set(answers.values()) <= {200, 403, 404}
        assert browser().get(path).headers["Location"] == f"/account/login/?next={path}"


def test_what_is_not_there_and_what_one_may_not_see_look_alike(cast: Cast) -> None:
    client = cast.li.client
    hidden, missing = client.get(f"/people/{cast.wang.person_id}/"), client.get("/people/999999/")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.context["text"] == missing.context["text"]
    assert client.get(f"/people/{10**30}/").status_code == 404


def test_an_auditor_reads_and_is_offered_no_change(cast: Cast) -> None:
    text = text_of(cast.auditor.client.get(f"/people/{cast.li.person_id}/"))
    assert "Change basic data" not in text
    assert "Show whole numbers" not in text
    assert '<form method="post" action="/people/' not in text


def test_a_coordinator_changes_basic_data(cast: Cast) -> None:
    client, path = cast.coordinator.client, f"/people/{cast.li.person_id}/edit/"
    fields = {
        name: value for name, value in client.get(path).context["form"].initial.items() if value not in ("", None)
    }
    assert id_number(1) not in text_of(client.get(path))
    assert "Now 199****0001. Leave it empty to keep it." in text_of(client.get(path))
    wrong = client.post(path, fields | {"phone": "123"})
    assert list(wrong.context["form"].errors) == ["phone"]
    assert "199****0001" in text_of(client.get(f"/people/{cast.li.person_id}/"))
    done = client.post(path, fields | {"phone": "199 1234 5678", "skills": "急救，手语、急救"}, follow=True)
    assert "Saved." in text_of(done)
    person = Person.objects.get(pk=cast.li.person_id)
    assert (person.phone, person.id_number, person.skills) == ("19912345678", id_number(1), ["急救", "手语"])
    client.post(path, fields | {"sex": "1"})
    assert Person.objects.get(pk=cast.li.person_id).sex == "2", "the kept number still tells the sex"


def test_a_number_of_somebody_else_is_said_in_the_form(cast: Cast) -> None:
    client, path = cast.coordinator.client, f"/people/{cast.wang.person_id}/edit/"
    before = everything()
    fields = {"name": "王芳", "id_kind": "01", "id_number": id_number(1), "group": "citizen"}
    assert "is registered already" in text_of(client.post(path, fields))
    assert everything() == before


def test_only_listed_fields_can_be_written(cast: Cast) -> None:
    fields = {"phone": "19912345678", "name": "假名", "is_public": "on", "id_number": id_number(9), "group": "staff"}
    cast.li.client.post("/people/me/contact/", fields)
    person = Person.objects.get(pk=cast.li.person_id)
    assert (person.phone, person.name, person.is_public, person.id_number, person.group) == (
        "19912345678",
        "李明兰",
        False,
        id_number(1),
        "citizen",
    )


def test_revealing_without_a_reason_goes_back_and_says_so(cast: Cast) -> None:
    client, path = cast.coordinator.client, f"/people/{cast.li.person_id}/"
    before = everything()
    answer = client.post(
        f"{path}reveal/", {"reason": " "}, follow=True, headers={"referer": f"http://testserver{path}"}
    )
    assert "Say in a few words why you need to see this." in text_of(answer)
    assert id_number(1) not in text_of(answer)
    assert everything() == before


def test_a_one_time_password_is_shown_once(cast: Cast) -> None:
    [person] = register_people(actor=SYSTEM, people=[NewPerson(name="赵小满", volunteer_number="9" * 18)])
    client = cast.coordinator.client
    assert "Give a sign-in" in text_of(client.get(f"/people/{person}/"))
    answer = client.post(f"/people/{person}/sign-in/")
    [password] = re.findall(r"<code>([^<]+)</code>", text_of(answer))
    assert User.objects.get(person_id=person).check_password(password)
    assert "no-store" in answer.headers["Cache-Control"]
    page = text_of(client.get(f"/people/{person}/"))
    assert password not in page
    assert "One-time password not used yet" in page
    again = client.post(f"/people/users/{User.objects.get(person_id=person).pk}/password/")
    assert password not in text_of(again)
    assert not User.objects.get(person_id=person).check_password(password)


def test_ones_own_page_and_consents(cast: Cast) -> None:
    client = cast.li.client
    assert "李明兰" in text_of(client.get("/people/me/"))
    client.post("/people/me/consent/", {"purpose": "publicity", "wanted": "give"})
    assert Consent.objects.filter(person_id=cast.li.person_id, purpose="publicity", withdrawn_at=None).exists()
    client.post("/people/me/consent/", {"purpose": "publicity", "wanted": "withdraw"})
    assert not Person.objects.get(pk=cast.li.person_id).is_public
    before = everything()
    stays = client.post("/people/me/consent/", {"purpose": "service", "wanted": "withdraw"}, follow=True)
    assert "ask the station to close your account" in text_of(stays)
    assert client.post("/people/me/consent/", {"purpose": "x", "wanted": "give"}).status_code == 404
    assert everything() == before


def test_staff_without_a_person_have_a_page_of_their_own_too(cast: Cast) -> None:
    client = cast.clerk.client
    page = text_of(client.get("/people/me/"))
    assert "Benefit clerk" in page
    assert "My consents" not in page
    assert client.get("/people/me/contact/").status_code == 404
    assert client.post("/people/me/consent/", {"purpose": "publicity", "wanted": "give"}).status_code == 404


def test_a_consent_on_paper_is_entered_at_the_station(cast: Cast) -> None:
    path = f"/people/{cast.li.person_id}/consent/"
    cast.coordinator.client.post(path, {"purpose": "exchange:zhiyuanhui", "wanted": "give"})
    given = Consent.objects.get(person_id=cast.li.person_id, purpose="exchange:zhiyuanhui")
    assert given.given_through == "station"
    assert cast.auditor.client.post(path, {"purpose": "publicity", "wanted": "give"}).status_code == 403


def test_a_token_is_shown_once_and_can_be_revoked(cast: Cast) -> None:
    client = cast.li.client
    answer = client.post("/people/me/tokens/", {"name": "我的脚本"})
    [token] = re.findall(r"<code>(xinshi_[^<]+)</code>", text_of(answer))
    assert actor_of_token(token).reference == cast.li.actor.reference
    page = text_of(client.get("/people/me/"))
    assert token not in page
    assert "我的脚本" in page
    identifier = ApiToken.objects.get().pk
    assert cast.wang.client.post(f"/people/me/tokens/{identifier}/revoke/").status_code == 404
    client.post(f"/people/me/tokens/{identifier}/revoke/")
    assert actor_of_token(token) is None
    assert client.post("/people/me/tokens/", {"name": ""}).context["token_form"].errors


def test_an_administrator_gives_sign_ins_and_roles_by_page(cast: Cast) -> None:
    client = cast.administrator.client
    assert "clerk" in text_of(client.get("/people/users/?q=cle"))
    assert "No sign-in fits" in text_of(client.get("/people/users/?q=nobody"))
    wrong = client.post("/people/users/new/", {"username": "a b", "roles": ["clerk"]})
    assert list(wrong.context["form"].errors) == ["username"]
    taken = client.post("/people/users/new/", {"username": "clerk", "roles": ["clerk"]})
    assert "This user name is taken." in text_of(taken)
    made = client.post("/people/users/new/", {"username": "desk2", "roles": ["clerk", "auditor"]})
    assert "shown again" in text_of(made)
    user = User.objects.get(username="desk2")
    assert client.get(f"/people/users/{user.pk}/").status_code == 200
    client.post(f"/people/users/{user.pk}/role/", {"role": "auditor", "wanted": "revoke"})
    client.post(f"/people/users/{user.pk}/role/", {"role": "leader", "wanted": "grant"})
    assert set(RoleGrant.objects.filter(user=user).values_list("role", flat=True)) == {"clerk", "leader"}
    assert client.post(f"/people/users/{user.pk}/role/", {"role": "emperor", "wanted": "grant"}).status_code == 404
    client.post(f"/people/users/{user.pk}/state/", {"wanted": "disable"})
    assert not User.objects.get(pk=user.pk).is_active
    client.post(f"/people/users/{user.pk}/state/", {"wanted": "enable"})
    assert User.objects.get(pk=user.pk).is_active


def test_an_administrators_own_page_offers_no_change_of_their_own_roles(cast: Cast) -> None:
    client, own = cast.administrator.client, cast.administrator.user.pk
    page = text_of(client.get(f"/people/users/{own}/"))
    assert "Another administrator changes its roles." in page
    assert "Take this role away" not in page
    before = everything()
    client.post(f"/people/users/{own}/role/", {"role": "auditor", "wanted": "grant"})
    client.post(f"/people/users/{own}/state/", {"wanted": "disable"})
    assert everything() == before


def test_volunteers_write_nothing_of_others(cast: Cast) -> None:
    client, person = cast.li.client, cast.wang.person_id
    before = everything()
    for path in (f"{person}/edit/", f"{person}/reveal/", f"{person}/consent/", f"{person}/sign-in/"):
        assert client.post(f"/people/{path}", {"reason": "好奇", "purpose": "publicity"}).status_code == 403
    for path in ("new/", f"{cast.wang.user.pk}/role/", f"{cast.wang.user.pk}/state/", f"{cast.wang.user.pk}/password/"):
        assert client.post(f"/people/users/{path}", {"role": "leader", "wanted": "grant"}).status_code == 403
    assert everything() == before
