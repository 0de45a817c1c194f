"""Addresses of the API.

Django looks through addresses one by one, and the API has hundreds in one list: a third of a small request went by with it.
They are laid out by room here, so that only the asked room's are looked through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.urls import URLPattern, URLResolver, include, path

from xinshi.api.shell import addresses


def by_first_part(flat: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern | URLResolver]:
    """The same addresses, those that begin with the same word and a slash behind one entry, in the order they had."""
    rooms: dict[str, list[URLPattern]] = {}
    for one in flat:
        assert isinstance(one, URLPattern), "ninja lists single addresses"
        word, slash, rest = str(one.pattern).partition("/")
        shared = word + slash if slash and "<" not in word else ""
        rooms.setdefault(shared, []).append(path(rest if shared else str(one.pattern), one.callback, name=one.name))
    for shared, within in rooms.items():
        yield from [path(shared, include(within))] if shared else within


flat, application, namespace = addresses()
urlpatterns = [path("", (list(by_first_part(flat)), application, namespace))]
