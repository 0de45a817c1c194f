"""Our template of a list to choose from says what Django's own says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer

CHOICES = [("", "—"), ("b", "B <&>"), (3, "C"), ("Group", [("d", "D"), (1_500, "E")])]


class WithAttributes(forms.Select):
    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        if option["value"] == "b":
            option["attrs"] |= {"disabled": True, "hidden": False, "data-x": '"<'}
        return option


@pytest.mark.parametrize("value", [None, "b", "3", ["b", "1500"]])
@pytest.mark.parametrize("widget", [WithAttributes, forms.Select, forms.SelectMultiple, forms.NullBooleanSelect])
def test_says_what_djangos_own_says(widget: type[forms.Select], value: Any) -> None:
    given = {} if widget is forms.NullBooleanSelect else {"choices": CHOICES}
    drawn = widget(attrs={"class": "wide", "required": True}, **given)
    if isinstance(value, list) and widget is not forms.SelectMultiple:
        value = value[0]
    ours, djangos = (
        re.sub(r"\s+", " ", drawn.render("name", value, renderer=renderer)).strip()
        for renderer in (get_default_renderer(), DjangoTemplates())
    )
    assert ours == djangos
    assert "<option" in ours


def test_is_ours() -> None:
    assert get_default_renderer().get_template("django/forms/widgets/select.html").origin.name.count("/xinshi/web/")
