"""How a version was published, whom it invited, and teams that are assigned without being asked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Publication(models.Model):
    """A version that was published as invitations (发布): until when people answer, and how long whoever is asked next."""

    version = models.OneToOneField("scheduling.PlanVersion", on_delete=models.PROTECT, related_name="publication")
    answer_until = models.DateTimeField()
    refill_minutes = models.PositiveIntegerField()
    """How long the next person may think; less where the shift is near."""
    invited = models.PositiveIntegerField()
    given = models.PositiveIntegerField(default=0)
    """Of these, places that were given outright by a team's rule."""
    kept = models.PositiveIntegerField(default=0)
    """Assignments whose people had the place already."""
    passed_over = models.PositiveIntegerField(default=0)
    """Assignments whose people may not take the place any more: their places were filled again."""
    published_at = models.DateTimeField()
    published_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "plan_publication"
        constraints = [
            models.CheckConstraint(condition=Q(given__lte=models.F("invited")), name="plan_publication_given"),
            models.CheckConstraint(condition=Q(refill_minutes__gte=1), name="plan_publication_refill_minutes"),
        ]


class Invitation(models.Model):
    """Somebody was invited to a place (邀请). Never deleted; what they answered is the state of the sign-up.

    Without a sign-up it could not be sent: `refusal` is the code of why, `refusal_words` its sentence and parameters.
    Once the place came back, or the invitation could not be sent, somebody is invited in their stead, or it says what
    became of the place (`outcome`).
    """

    class Way(models.TextChoices):
        PLANNED = "planned", _("By the plan")
        REFILL = "refill", _("In place of somebody who declined")
        BY_HAND = "by_hand", _("By a coordinator")

    class Outcome(models.TextChoices):
        INVITED = "invited", _("Somebody else was invited")
        TAKEN = "taken", _("Somebody else took the place")
        OPEN = "open", _("Nobody is left to invite: open for sign-up")
        BEGUN = "begun", _("The shift began")
        OFF = "off", _("The activity takes no sign-ups any more")

    version = models.ForeignKey(
        "scheduling.PlanVersion", on_delete=models.PROTECT, null=True, related_name="invitations", db_index=False
    )
    shift = models.ForeignKey("activities.Shift", on_delete=models.PROTECT, related_name="invitations")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="invitations")
    signup = models.OneToOneField("activities.SignUp", on_delete=models.PROTECT, null=True, related_name="invitation")
    way = models.CharField(max_length=8, choices=Way.choices)
    is_given = models.BooleanField(default=False)
    """The place was given outright, with notice, by the rule of the person's team."""
    reasons = models.JSONField(default=list, blank=True)
    """Why this person: codes and figures of `scheduling.suggesting.domain.Reason`."""
    instead_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="followers")
    refusal = models.CharField(max_length=64, blank=True, default="")
    refusal_words = models.JSONField(default=dict, blank=True)
    invited_at = models.DateTimeField()
    invited_by_ref = models.CharField(max_length=64)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "plan_invitation"
        constraints = [
            models.CheckConstraint(
                condition=Q(way__in=["planned", "refill", "by_hand"]), name="plan_invitation_way_known"
            ),
            models.CheckConstraint(
                condition=Q(signup__isnull=False, refusal="") | (Q(signup=None) & ~Q(refusal="")),
                name="plan_invitation_sent_or_says_why",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", settled_at=None)
                | Q(
                    outcome__in=["invited", "taken", "open", "begun", "off"],
                    settled_at__isnull=False,
                ),
                name="plan_invitation_outcome_known",
            ),
            models.UniqueConstraint(
                fields=["instead_of"], condition=Q(signup__isnull=False), name="plan_invitation_one_follower"
            ),
        ]
        indexes = [
            models.Index(fields=["version", "shift"], name="plan_invitation_of_version"),
            models.Index(fields=["id"], condition=Q(outcome=""), name="plan_invitation_unsettled"),
        ]


class TeamRule(models.Model):
    """Whether a plan gives a team's members its places without asking first (直接安排), with notice; they may decline."""

    organization = models.OneToOneField(
        "organizations.Organization", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    assigns_directly = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    changed_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "plan_team_rule"
