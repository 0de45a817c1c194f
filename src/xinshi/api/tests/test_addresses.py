"""The addresses of the API, which are laid out by room."""

from __future__ import annotations

import re

from django.urls import resolve

from xinshi.api.shell import api
from xinshi.api.urls import flat

SAMPLE = {"int": "1", "str": "a", "uuid": "00000000-0000-4000-8000-000000000000"}


def test_every_address_leads_where_it_led_in_one_list() -> None:
    assert len(flat) > 300
    for one in flat:
        route = str(one.pattern)
        path = re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLE[found[1] or "str"], route)
        match = resolve(f"/api/v1/{path}")
        first = next(other for other in flat if other.resolve(path))
        assert match.func is first.callback
        assert match.route == f"api/v1/{first.pattern}"
        assert match.view_name == f"{api.urls_namespace}:{first.name}"


def test_an_address_is_found_after_looking_at_few() -> None:
    """A third of a small request was looking through all of them."""
    assert len(resolve("/api/v1/attendance/codes").tried) < len(flat) / 5
