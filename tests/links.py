"""Follows the links of the pages, as somebody of one role who clicks on everything."""

from __future__ import annotations

import re
from collections import Counter, deque
from html import unescape
from typing import Final

from django.test import Client

from xinshi.people.models import User

LINK: Final = re.compile(r'href="(/[^"#]*)')
ELSEWHERE: Final = ("/static/", "/account/")
EACH_MAX: Final = 2
"""Of addresses that differ by their numbers, so many are followed."""


def dead_links(login: str, *, start: str = "/") -> list[str]:
    """`status address (from the page it stands on)` of every link that does not lead to a page."""
    client = Client()
    client.force_login(User.objects.get(username=login))
    waiting, known, shapes = deque([(start, "")]), {start}, Counter[str]()
    dead = []
    while waiting:
        address, stands_on = waiting.popleft()
        response = client.get(address, follow=True)
        if response.status_code != 200:
            dead.append(f"{response.status_code} {address} (from {stands_on})")
            continue
        if response.streaming or not response.headers["Content-Type"].startswith("text/html"):
            continue
        for found in map(unescape, LINK.findall(response.content.decode())):
            shape = re.sub(r"=[^&]*|\d+", "0", found)
            if found in known or found.startswith(ELSEWHERE) or shapes[shape] >= EACH_MAX:
                continue
            known.add(found)
            shapes[shape] += 1
            waiting.append((found, address))
    return dead
