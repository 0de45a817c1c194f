"""What pages say about an account: the next steps of one's own, and that somebody is a minor."""

from __future__ import annotations

from typing import Any

from django import template

from xinshi.bank.models import Passbook
from xinshi.bank.registration import queries
from xinshi.organizations.queries import belongings
from xinshi.people.models import Person

register = template.Library()


@register.inclusion_tag("bank/registration/_steps.html", takes_context=True)
def account_steps(context: dict[str, Any], passbook: Passbook) -> dict[str, Any]:
    """The next steps of one's own account; nothing on anybody else's passbook."""
    return {"passbook": passbook, "steps": queries.own_steps(context["request"].actor, passbook)}


@register.inclusion_tag("bank/registration/_minor.html")
def minor_mark(person: Person, *, as_link: bool = False) -> dict[str, Any]:
    """That somebody is a minor, for leaders and coordinators to mind; as a link, to their guardian."""
    return {"is_minor": queries.is_minor(person), "person": person, "as_link": as_link}


@register.inclusion_tag("bank/_teams.html", takes_context=True)
def my_teams(context: dict[str, Any]) -> dict[str, Any]:
    """The teams that one belongs to, and the minors whose guardian one is, with the way to their pages."""
    actor = context["request"].actor
    found = belongings(actor, actor.person_id) if actor.person_id is not None else []
    return {"teams": [one for one in found if one.is_team], "wards": queries.wards(actor)}
