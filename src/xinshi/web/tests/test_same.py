"""What is the same for many readers is drawn once, and nothing of one of them is in it."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import Client
from django.utils import translation

from xinshi.kernel.actor import Role
from xinshi.people.models import User
from xinshi.web.templatetags.same import KEPT_MAX, SameNode
from xinshi.web.tests.conftest import Cast

TOKEN = re.compile(r'csrfmiddlewaretoken" value="(\w+)"|X-CSRFToken": "(\w+)"')


class Counted(str):
    """A text that counts how often it was written."""

    __slots__ = ("times",)
    times: int

    def __str__(self) -> str:
        self.times += 1
        return super().__str__()


def part(content: str, values: str = "") -> Template:
    return Template(f"{{% load same %}}{{% same {values} %}}{content}{{% endsame %}}")


def test_equal_values_are_drawn_once() -> None:
    def drawn(template: Template, text: str) -> int:
        value = Counted(text)
        value.times = 0
        assert template.render(Context({"value": value})) == f"[{text}]"
        return value.times

    template = part("[{{ value }}]", "value=value")
    assert drawn(template, "east") > 0
    assert drawn(template, "west") > 0
    assert drawn(template, "east") == 0


def test_the_part_sees_nothing_but_what_it_names() -> None:
    template = part("{{ place }}/{{ name }}", "place=site.place|upper")
    for name in ("林小雨", "周文"):
        assert template.render(Context({"name": name, "site": {"place": "east"}})) == "EAST/"


def test_what_was_typed_is_escaped_in_it() -> None:
    template = part("{{ name }}", "name=name")
    assert [template.render(Context({"name": "<b>"})) for _ in range(2)] == ["&lt;b&gt;"] * 2


def test_every_language_has_its_own() -> None:
    template = part('{% translate "Sign in" %}')
    with translation.override("zh-hans"):
        chinese = template.render(Context())
    with translation.override("en"):
        assert template.render(Context()) == "Sign in"
    with translation.override("zh-hans"):
        assert template.render(Context()) == chinese == "登录"


def test_every_page_has_its_own_token_in_it_and_a_page_without_has_none() -> None:
    template = part('<form>{% csrf_token %}</form><b data-token="{{ csrf_token }}">')
    for token in ("first", "second"):
        text = template.render(Context({"csrf_token": token}))
        assert text == (
            f'<form><input type="hidden" name="csrfmiddlewaretoken" value="{token}"></form><b data-token="{token}">'
        )
    assert template.render(Context()) == '<form></form><b data-token="">'


def test_no_more_is_kept_than_has_room() -> None:
    template = part("{{ number }}", "number=number")
    for number in range(KEPT_MAX + 10):
        assert template.render(Context({"number": number})) == str(number)
    [node] = [one for one in template.nodelist if isinstance(one, SameNode)]
    assert len(node._kept) == 10


def test_a_row_is_no_value_for_it() -> None:
    with pytest.raises(AssertionError, match="yesterday"):
        part("{{ user.username }}", "user=user").render(Context({"user": User(username="clerk", pk=1)}))


def test_values_have_names() -> None:
    with pytest.raises(TemplateSyntaxError, match="name=value"):
        part("", "place")


def test_the_frame_of_one_reader_is_not_anothers(cast: Cast) -> None:
    """Whoever comes between, everybody sees what they saw when nobody had come before."""
    readers = [(role, language) for role in (None, *Role) for language in ("zh-Hans", "en")]

    def frames() -> dict[tuple[Role | None, str], str]:
        return {
            (role, language): TOKEN.sub(
                "token", cast.client(role, language=language).get("/activities/").content.decode()
            )
            for role, language in readers
        }

    first, again = frames(), frames()
    assert again == first
    assert len({text for (_role, language), text in first.items() if language == "en"}) >= 5
    for (role, _language), text in first.items():
        assert [one.value for one in Role if f'class="side-who">{one.value}<' in text] == (
            [role.value] if role and "side-who" in text else []
        )


def test_a_readers_token_is_their_own(cast: Cast) -> None:
    seen = []
    for role in (None, Role.VOLUNTEER, Role.LEADER, Role.VOLUNTEER):
        client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
        if role is not None:
            client.force_login(cast.users[role], "xinshi.people.authentication.UserNameOrPhoneBackend")
        page = client.get("/activities/").content.decode()
        tokens = {one or other for one, other in TOKEN.findall(page)}
        assert len(tokens) == 1
        seen += tokens
        answer = client.post("/language/", {"language": "en", "csrfmiddlewaretoken": seen[-1]})
        assert answer.status_code == 302
    assert len(set(seen)) == 4
