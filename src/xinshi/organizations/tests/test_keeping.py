"""Who keeps an organisation: given by the station, for any kind, one organisation at a time."""

from __future__ import annotations

import pytest

from xinshi.kernel.actor import ANONYMOUS
from xinshi.kernel.errors import NotAllowed, NotFound
from xinshi.organizations.access import keeps, kept_by, require_keeps
from xinshi.organizations.actions import create_organization, join, leave
from xinshi.organizations.models import Membership, Organization
from xinshi.organizations.teams import set_leader
from xinshi.organizations.tests.conftest import SYSTEM, Cast

Kind = Organization.Kind


def kept(cast: Cast, name: str, kind: Kind, parent_id: int | None = None) -> int:
    """An organisation that the volunteer keeps."""
    made = create_organization(actor=SYSTEM, name=name, kind=kind, parent_id=parent_id)
    join(actor=SYSTEM, organization_id=made, volunteer_number=cast.volunteer.number)
    set_leader(actor=cast.coordinator.actor, organization_id=made, person_id=cast.volunteer.person_id, leads=True)
    return made


@pytest.mark.parametrize("kind", list(Kind))
def test_any_kind_of_organisation_has_keepers(cast: Cast, kind: Kind) -> None:
    mine = kept(cast, "甲", kind)
    other = create_organization(actor=SYSTEM, name="乙", kind=kind)
    child = create_organization(actor=SYSTEM, name="丙", kind=Kind.TEAM, parent_id=mine)
    actor = cast.volunteer.actor
    assert [row.pk for row in kept_by(actor)] == [mine]
    assert (keeps(actor, mine), keeps(actor, other), keeps(actor, child)) == (True, False, False)
    with pytest.raises(NotFound):
        require_keeps(actor, other)
    assert keeps(cast.coordinator.actor, other)
    assert not kept_by(cast.coordinator.actor).exists()
    assert not keeps(ANONYMOUS, mine)


def test_keeping_ends_with_the_membership_and_with_the_organisation(cast: Cast) -> None:
    first, second = kept(cast, "甲", Kind.UNIVERSITY), kept(cast, "乙", Kind.DEPARTMENT)
    Organization.objects.filter(pk=first).update(is_active=False)
    assert [row.pk for row in kept_by(cast.volunteer.actor)] == [second]
    leave(actor=SYSTEM, organization_id=second, person_id=cast.volunteer.person_id)
    assert not kept_by(cast.volunteer.actor).exists()
    assert not keeps(cast.volunteer.actor, second)


def test_only_the_station_says_who_keeps(cast: Cast) -> None:
    mine = kept(cast, "甲", Kind.UNIVERSITY)
    before = list(Membership.objects.values_list("person", "is_leader"))
    for actor in (cast.volunteer.actor, cast.auditor.actor):
        with pytest.raises(NotAllowed):
            set_leader(actor=actor, organization_id=mine, person_id=cast.volunteer.person_id, leads=False)
    with pytest.raises(NotFound):
        set_leader(actor=SYSTEM, organization_id=mine, person_id=cast.auditor.person_id, leads=True)
    assert list(Membership.objects.values_list("person", "is_leader")) == before
