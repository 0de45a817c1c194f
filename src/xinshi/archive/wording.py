"""Words for what this room stores as codes, in the reader's language."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xinshi.archive.availability import Quarter
from xinshi.archive.completeness import Item
from xinshi.archive.domain import Category

Words = str | Promise
CATEGORIES: Final[dict[str, Words]] = {
    Category.LICENCE: _("Licence"),
    Category.CERTIFICATE: _("Certificate"),
    Category.COURSE: _("Course"),
    Category.INSURANCE: _("Insurance"),
    Category.PLEDGE: _("Pledge"),
    Category.HEALTH: _("Health certificate"),
}
STANDINGS: Final[dict[str, tuple[Words, str]]] = {
    "submitted": (_("Waits for the check"), "warn"),
    "verified": (_("Valid"), "good"),
    "ending": (_("Runs out soon"), "warn"),
    "ended": (_("Run out"), "bad"),
    "refused": (_("Not accepted"), "bad"),
    "revoked": (_("Revoked"), "bad"),
}
"""Per standing of a qualification: its words and the colour in which it is shown."""
LEVELS: Final[dict[int, Words]] = {1: _("Some experience"), 2: _("Well practised"), 3: _("By profession")}
RELATIONS: Final[dict[str, Words]] = {
    "": _("Not given"),
    "parent": _("Parent"),
    "spouse": _("Spouse"),
    "child": _("Child"),
    "sibling": _("Brother or sister"),
    "friend": _("Friend"),
    "other": _("Other"),
}
QUARTERS: Final[dict[int, Words]] = {
    Quarter.MORNING: _("Morning"),
    Quarter.AFTERNOON: _("Afternoon"),
    Quarter.EVENING: _("Evening"),
    Quarter.NIGHT: _("Night"),
}
"""In the order of the grid: the night, which few choose, comes last."""
QUARTER_HOURS: Final = {
    Quarter.MORNING: "6–12",
    Quarter.AFTERNOON: "12–18",
    Quarter.EVENING: "18–24",
    Quarter.NIGHT: "0–6",
}
WEEKDAYS: Final[tuple[Words, ...]] = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
ITEMS: Final[dict[Item, Words]] = {
    Item.BASIC: _("Phone, birth date and area of residence"),
    Item.WORK: _("Profession"),
    Item.LANGUAGES: _("Languages"),
    Item.INTERESTS: _("Kinds of service that interest you"),
    Item.SKILLS: _("Skills"),
    Item.TIMES: _("When you can come"),
    Item.LIMITS: _("Your limits"),
    Item.SITES: _("Where you can come"),
    Item.EMERGENCY: _("Whom to call in an emergency"),
    Item.PLEDGE: _("The pledge, signed"),
}
