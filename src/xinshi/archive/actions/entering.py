"""Profiles of many people at once, as far as they have none yet: what a hospital takes over from its former lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from xinshi.archive.access import require_keeper
from xinshi.archive.models import Profile, Site, Skill
from xinshi.archive.profile import OwnLimits, Part, Sites, Skills
from xinshi.audit.actions import record_many
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, gettext_noop
from xinshi.people.basic_data import SKILL_LENGTH_MAX
from xinshi.people.basic_data import SKILLS_MAX as WORDS_MAX
from xinshi.people.models import Person

BATCH_ROWS: Final = 500


@transaction.atomic
def enter_profiles(*, actor: Actor, profiles: Mapping[int, Sequence[Part]]) -> int:
    """Enter these profiles by person; who has one already is passed over. Returns how many are new."""
    require_keeper(actor)
    skills = dict(Skill.objects.filter(is_active=True).values_list("code", "name"))
    sites = set(Site.objects.filter(is_active=True).values_list("code", flat=True))
    entered = 0
    wanted = sorted(profiles)
    for start in range(0, len(wanted), BATCH_ROWS):
        part = wanted[start : start + BATCH_ROWS]
        locked = Person.objects.select_for_update(no_key=True).filter(pk__in=part, erased_at=None, merged_into=None)
        people = locked.order_by("pk").in_bulk()
        known = set(Profile.objects.filter(pk__in=part).values_list("pk", flat=True))
        new = [pk for pk in part if pk in people and pk not in known]
        columns = {pk: _columns(profiles[pk], skills, sites) for pk in new}
        Profile.objects.bulk_create(
            [Profile(person_id=pk, changed_at=clock.now(), changed_by_ref=actor.reference, **columns[pk]) for pk in new]
        )
        _tell_people([people[pk] for pk in new], profiles, skills)
        record_many(
            actor=actor,
            action="archive.change_profile",
            objects=[
                (f"person:{pk}", {"columns": sorted(columns[pk]), "on_behalf": actor.person_id != pk}) for pk in new
            ],
        )
        entered += len(new)
    return entered


def _columns(parts: Sequence[Part], skills: Mapping[str, str], sites: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        found |= part.columns()
        if isinstance(part, Skills) and not set(part.levels) <= set(skills):
            raise Invalid(field="skills", reason=gettext_noop("Choose from the hospital's list."))
        if isinstance(part, Sites) and not set(part.codes or ()) <= sites:
            raise Invalid(field="sites", reason=gettext_noop("Choose from the hospital's list."))
        if isinstance(part, OwnLimits):
            found["limits_said_at"] = clock.now()
    return found


def _tell_people(people: Sequence[Person], profiles: Mapping[int, Sequence[Part]], names: Mapping[str, str]) -> None:
    """The basic data name the same skills and interests (民政部令67); what they named before stays beside them."""
    changed = []
    for person in people:
        for part in profiles[person.pk]:
            if isinstance(part, Skills):
                words = dict.fromkeys([*(names[code] for code in sorted(part.levels)), *person.skills])
                person.skills = [word for word in words if len(word) <= SKILL_LENGTH_MAX][:WORDS_MAX]
                person.service_categories = list(part.interests)
                changed.append(person)
    Person.objects.bulk_update(changed, ["skills", "service_categories"])
