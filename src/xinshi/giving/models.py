"""Relatives, gifts, donations, grants, hours of groups. Gifts, donations and what was taken back are never changed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from xinshi.bank.models import PolicyVersion
from xinshi.giving.domain import (
    KEY_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    Relation,
    RelativeState,
    RequestState,
    Source,
)
from xinshi.organizations.models import Organization
from xinshi.people.models import Person
from xinshi.vault.fields import EncryptedTextField

OPEN_STATES = [RelativeState.ASKED.value, RelativeState.ACCEPTED.value]


class Relative(models.Model):
    """That two people are relatives 亲属: one asked and the other accepted, or the station registered them."""

    class RelationChoice(models.TextChoices):
        """What `other` is to `asker`."""

        SPOUSE = Relation.SPOUSE.value, _("Spouse")
        PARENT = Relation.PARENT.value, _("Parent")
        CHILD = Relation.CHILD.value, _("Child")
        GRANDPARENT = Relation.GRANDPARENT.value, _("Grandparent")
        GRANDCHILD = Relation.GRANDCHILD.value, _("Grandchild")
        SIBLING = Relation.SIBLING.value, _("Sibling")
        OTHER = Relation.OTHER.value, _("Other relative")

    class State(models.TextChoices):
        ASKED = RelativeState.ASKED.value, _("To be confirmed")
        ACCEPTED = RelativeState.ACCEPTED.value, _("Registered")
        DECLINED = RelativeState.DECLINED.value, _("Declined")
        ENDED = RelativeState.ENDED.value, _("Ended")

    asker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="relatives_asked")
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="relatives_asked_by")
    relation = models.CharField(max_length=11, choices=RelationChoice.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    is_from_station = models.BooleanField(default=False)
    reason = EncryptedTextField(blank=True, default="")
    """Why the station registered them, for example which papers were shown."""
    asked_at = models.DateTimeField()
    asked_by_ref = models.CharField(max_length=64)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_ref = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "relative"
        constraints = [
            models.CheckConstraint(condition=~Q(asker=F("other")), name="relative_two"),
            models.UniqueConstraint(
                Least("asker", "other"),
                Greatest("asker", "other"),
                condition=Q(state__in=OPEN_STATES),
                name="relative_once",
            ),
            models.CheckConstraint(
                condition=Q(relation__in=[relation.value for relation in Relation]), name="relative_relation_known"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", answered_at=None, ended_at=None)
                | Q(state="accepted", answered_at__isnull=False, ended_at=None)
                | Q(state="declined", answered_at__isnull=False, ended_at=None)
                | (Q(state="ended", ended_at__isnull=False) & ~Q(ended_by_ref="")),
                name="relative_state_says_when",
            ),
            models.CheckConstraint(
                condition=Q(is_from_station=False) | ~Q(reason=""), name="relative_station_says_why"
            ),
        ]


class Gift(models.Model):
    """Minutes that one person gave to a relative (转赠); its booking has the key `gift:<id>`. Written once."""

    giver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="gifts_given", db_index=False)
    receiver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="gifts_received")
    relative = models.ForeignKey(Relative, on_delete=models.PROTECT, related_name="gifts")
    minutes = models.PositiveIntegerField()
    note = EncryptedTextField(blank=True, default="")
    """What the giver writes to the receiver; nobody else reads it."""
    key = models.CharField(max_length=KEY_LENGTH_MAX)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    given_on = models.DateField()
    """The hospital's day: the yearly cap counts by it."""
    given_at = models.DateTimeField()
    given_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "gift"
        constraints = [
            models.UniqueConstraint(fields=["giver", "key"], name="gift_once"),
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="gift_two"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="gift_minutes"),
            models.CheckConstraint(condition=~Q(key=""), name="gift_has_key"),
        ]
        indexes = [models.Index(fields=["giver", "given_on"], name="gift_of_year")]


class Donation(models.Model):
    """Minutes that a person or a group gave to the pool (捐赠); its booking has the key `donation:<id>`. Written once."""

    class SourceChoice(models.TextChoices):
        SPENDABLE = Source.SPENDABLE.value, _("Hours to spend")
        BEYOND_CAP = Source.BEYOND_CAP.value, _("Hours that can only be donated")
        GROUP = Source.GROUP.value, _("Hours of a group")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="donations")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="donations")
    source = models.CharField(max_length=10, choices=SourceChoice.choices)
    minutes = models.PositiveIntegerField()
    is_anonymous = models.BooleanField(default=False)
    """The donor wants no name beside this one, whatever they consented to otherwise."""
    reason = models.CharField(max_length=300, blank=True, default="")
    """Why, where somebody donates on behalf of a group."""
    key = models.CharField(max_length=KEY_LENGTH_MAX)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    given_on = models.DateField()
    given_at = models.DateTimeField()
    given_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "donation"
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="donation_once"),
            models.UniqueConstraint(fields=["organization", "key"], name="donation_of_group_once"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="donation_minutes"),
            models.CheckConstraint(condition=~Q(key=""), name="donation_has_key"),
            models.CheckConstraint(
                condition=Q(source__in=["spendable", "beyond_cap"], person__isnull=False, organization=None)
                | (Q(source="group", person=None, organization__isnull=False) & ~Q(reason="")),
                name="donation_of_whom",
            ),
        ]
        indexes = [models.Index(fields=["given_on", "id"], name="donation_given_on")]


class RequestStateChoice(models.TextChoices):
    PROPOSED = RequestState.PROPOSED.value, _("Waits for a decision")
    RETURNED = RequestState.RETURNED.value, _("Sent back to be changed")
    APPROVED = RequestState.APPROVED.value, _("Approved")
    REFUSED = RequestState.REFUSED.value, _("Refused")
    WITHDRAWN = RequestState.WITHDRAWN.value, _("Taken back by the proposer")
    REVERSED = RequestState.REVERSED.value, _("Reversed after approval")


class Grant(models.Model):
    """Help out of the pool for one in need: proposed by one, decided by another. The booking has the key `grant:<id>`."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="grants")
    minutes = models.PositiveIntegerField()
    reason = EncryptedTextField()
    """Why this person needs help; only those who decide read it."""
    state = models.CharField(max_length=9, choices=RequestStateChoice.choices, default=RequestStateChoice.PROPOSED)
    key = models.CharField(max_length=KEY_LENGTH_MAX)
    proposed_by_ref = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decided_on = models.DateField(null=True)
    """The hospital's day: the yearly limit counts by it."""
    decision_reason = EncryptedTextField(blank=True, default="")

    class Meta:
        db_table = "pool_grant"
        constraints = [
            models.UniqueConstraint(fields=["proposed_by_ref", "key"], name="pool_grant_once"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="pool_grant_minutes"),
            models.CheckConstraint(condition=~Q(reason=""), name="pool_grant_says_why"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None, decided_on=None, decided_by_ref="")
                | Q(state="withdrawn")
                | (
                    Q(
                        state__in=["returned", "approved", "refused", "reversed"],
                        decided_at__isnull=False,
                        decided_on__isnull=False,
                    )
                    & ~Q(decided_by_ref="")
                ),
                name="pool_grant_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by_ref__startswith="system:")
                | ~Q(state__in=["approved", "refused", "returned", "reversed"])
                | ~Q(decided_by_ref=F("proposed_by_ref")),
                name="pool_grant_two_people",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "decided_on"], name="pool_grant_of_year"),
            models.Index(fields=["state", "id"], name="pool_grant_state"),
        ]


class GroupHoursEntry(models.Model):
    """Hours that an organisation earned as a group; they can only be donated. The booking has the key `group-hours:<id>`."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="group_hours")
    title = models.CharField(max_length=TITLE_LENGTH_MAX)
    worked_on = models.DateField()
    minutes = models.PositiveIntegerField()
    evidence = models.TextField(max_length=500)
    """Where it can be checked: the list, the photographs, who confirmed it."""
    state = models.CharField(max_length=9, choices=RequestStateChoice.choices, default=RequestStateChoice.PROPOSED)
    key = models.CharField(max_length=KEY_LENGTH_MAX)
    proposed_by_ref = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "group_hours"
        constraints = [
            models.UniqueConstraint(fields=["proposed_by_ref", "key"], name="group_hours_once"),
            models.UniqueConstraint(
                fields=["organization", "worked_on", "title"],
                condition=Q(state__in=["proposed", "returned", "approved"]),
                name="group_hours_not_twice",
            ),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="group_hours_minutes"),
            models.CheckConstraint(condition=~Q(title="") & ~Q(evidence=""), name="group_hours_evidence"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None, decided_by_ref="")
                | Q(state="withdrawn")
                | (
                    Q(state__in=["returned", "approved", "refused", "reversed"], decided_at__isnull=False)
                    & ~Q(decided_by_ref="")
                ),
                name="group_hours_decided_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(proposed_by_ref__startswith="system:")
                | ~Q(state__in=["approved", "refused", "returned", "reversed"])
                | ~Q(decided_by_ref=F("proposed_by_ref")),
                name="group_hours_two_people",
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="group_hours_state")]


class TakenBack(models.Model):
    """That a gift, a donation, a grant or hours of a group were taken back by a linked reversal in the ledger; once."""

    gift = models.OneToOneField(Gift, on_delete=models.PROTECT, null=True, related_name="taken_back")
    donation = models.OneToOneField(Donation, on_delete=models.PROTECT, null=True, related_name="taken_back")
    grant = models.OneToOneField(Grant, on_delete=models.PROTECT, null=True, related_name="taken_back")
    group_hours = models.OneToOneField(GroupHoursEntry, on_delete=models.PROTECT, null=True, related_name="taken_back")
    reason = EncryptedTextField()
    taken_back_by_ref = models.CharField(max_length=64)
    taken_back_at = models.DateTimeField()

    class Meta:
        db_table = "giving_taken_back"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="giving_taken_back_says_why"),
            models.CheckConstraint(
                condition=Q(gift__isnull=False, donation=None, grant=None, group_hours=None)
                | Q(gift=None, donation__isnull=False, grant=None, group_hours=None)
                | Q(gift=None, donation=None, grant__isnull=False, group_hours=None)
                | Q(gift=None, donation=None, grant=None, group_hours__isnull=False),
                name="giving_taken_back_one",
            ),
        ]
