"""Planning periods, plans in versions, what each version says of every line and person, edits, what wishes cost.

A `PlanningPeriod` says for which days and whose shifts a plan is wanted, and by which settings. Each run of the solver is a
`PlanVersion` of its own: waiting → running → done | failed | cancelled; done → published → replaced. A version keeps the
settings by which it was made, its worth and bounds as whole numbers, and, sealed in the storage, the problem that was
asked. `PlanLine` holds a shift as it stood then (free places, funnel, price), `Assignment` one person in one shift,
`PlanEdit` what a person changed by hand afterwards, `WishCost` what the same plan would be worth without one of its wishes.

Whoever builds on plans (invitations) refers to `Assignment`: its key stays the same for as long as the row stands, and
rows of a version that is published or replaced are changed no more.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.activities.models import Activity, Shift
from xinshi.organizations.models import Organization
from xinshi.people.models import Person
from xinshi.scheduling.inviting.models import Invitation, Publication, TeamRule
from xinshi.scheduling.suggesting.models import DeclinedKind, DeclinedShift, SuggestionChoice

__all__ = [
    "Assignment",
    "DeclinedKind",
    "DeclinedShift",
    "Invitation",
    "PlanEdit",
    "PlanLine",
    "PlanVersion",
    "PlanningPeriod",
    "Publication",
    "SuggestionChoice",
    "TeamRule",
    "WishCost",
]


class PlanningPeriod(models.Model):
    """Some days for which shifts are planned together (排班周期).

    Scope: the open shifts of these organisations' activities, and of these activities; of the whole hospital where
    neither is named.
    """

    name = models.CharField(max_length=60)
    first_day = models.DateField()
    last_day = models.DateField()
    organizations = models.ManyToManyField(
        Organization, db_table="planning_period_organization", blank=True, related_name="+"
    )
    activities = models.ManyToManyField(Activity, db_table="planning_period_activity", blank=True, related_name="+")
    settings = models.JSONField(default=dict, blank=True)
    """What differs from the defaults of `scheduling.domain.PlanSettings`; the next version is planned by them."""
    is_closed = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    created_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "planning_period"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="planning_period_named"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="planning_period_ends_after_start"),
        ]
        indexes = [models.Index(fields=["-first_day", "-id"], name="planning_period_listed")]


class PlanVersion(models.Model):
    """One run of the solver on a period, and the plan that came of it (排班方案).

    Worth and bounds are whole numbers in the solver's unit (a place of priority 1 counts 1,000). `filled` of `places` free
    places have somebody. No plan of this problem is worth more than `bound`; none fills more weighted places (each counts
    as often as its line's priority) than `coverage_bound`; with `changes_max` that is said of plans within it. After edits
    by hand worth and `filled` are those of the edited plan; the bounds still hold, but for edits beyond the limit.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for the planner")
        RUNNING = "running", _("Being planned")
        DONE = "done", _("Proposal")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")
        PUBLISHED = "published", _("Published")
        REPLACED = "replaced", _("Replaced by a later version")

    period = models.ForeignKey(PlanningPeriod, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    """The version that stood when this one was asked for: its locks are kept, and what stands is worth keeping."""
    note = models.CharField(max_length=120, blank=True, default="")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    settings = models.JSONField(default=dict, blank=True)
    """As of `PlanningPeriod.settings`, as they were when it was asked for."""
    seed = models.PositiveIntegerField(default=1)
    time_limit_seconds = models.PositiveSmallIntegerField()
    changes_max = models.PositiveIntegerField(null=True)
    """So many of the parent's assignments that are possible still may be taken away; None for any number."""
    weighs_wishes = models.BooleanField(default=False)
    """Also find out what each wish costs (`WishCost`)."""
    wanted_at = models.DateTimeField()
    wanted_by_ref = models.CharField(max_length=64)
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    """When the process that plans was last seen; who is not seen for a while has died."""
    attempts = models.PositiveSmallIntegerField(default=0)
    is_cancel_wanted = models.BooleanField(default=False)
    progress_permille = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=20, blank=True, default="")
    finished_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=40, blank=True, default="")
    """The code of why it failed; `scheduling.wording` has the sentence."""
    people = models.PositiveIntegerField(default=0)
    pairs = models.PositiveIntegerField(default=0)
    places = models.PositiveIntegerField(default=0)
    filled = models.PositiveIntegerField(default=0)
    coverage = models.BigIntegerField(null=True)
    match = models.BigIntegerField(null=True)
    fairness = models.BigIntegerField(null=True)
    teams = models.BigIntegerField(null=True)
    kept = models.BigIntegerField(null=True)
    bound = models.BigIntegerField(null=True)
    coverage_bound = models.BigIntegerField(null=True)
    stood = models.PositiveIntegerField(default=0)
    """How many of the parent's assignments were possible still when this one was planned."""
    change_price = models.PositiveIntegerField(default=0)
    """Of a limit on changes: each further change allowed would raise `bound` by so much at most."""
    is_complete = models.BooleanField(default=False)
    """False where the time ran out before the gap was closed: the plan is valid all the same."""
    solver_milliseconds = models.PositiveIntegerField(default=0)
    problem_path = models.CharField(max_length=120, blank=True, default="")
    """The problem as a file, sealed, in the storage."""
    published_at = models.DateTimeField(null=True)
    published_by_ref = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "plan_version"
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="plan_version_number_once"),
            models.UniqueConstraint(
                fields=["period"], condition=Q(state__in=["waiting", "running"]), name="plan_version_one_at_work"
            ),
            models.UniqueConstraint(
                fields=["period"], condition=Q(state="published"), name="plan_version_one_published"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed", "cancelled", "published", "replaced"]),
                name="plan_version_state_known",
            ),
            models.CheckConstraint(condition=Q(progress_permille__lte=1_000), name="plan_version_progress"),
            models.CheckConstraint(
                condition=Q(changes_max__isnull=True) | Q(parent__isnull=False), name="plan_version_changes_something"
            ),
            models.CheckConstraint(condition=Q(filled__lte=F("places")), name="plan_version_filled_within_places"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(started_at__isnull=False, beat_at__isnull=False),
                name="plan_version_running_since",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(failure=""), name="plan_version_failed_says_why"),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "published", "replaced"])
                | Q(
                    finished_at__isnull=False,
                    coverage__isnull=False,
                    match__isnull=False,
                    fairness__isnull=False,
                    teams__isnull=False,
                    kept__isnull=False,
                    bound__isnull=False,
                    coverage_bound__isnull=False,
                ),
                name="plan_version_done_has_worth",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["published", "replaced"])
                | (Q(published_at__isnull=False) & ~Q(published_by_ref="")),
                name="plan_version_published_by_whom",
            ),
        ]
        indexes = [
            models.Index(fields=["wanted_at", "id"], condition=Q(state="waiting"), name="plan_version_waiting"),
            models.Index(fields=["beat_at"], condition=Q(state="running"), name="plan_version_running"),
        ]

    @property
    def worth(self) -> int:
        """The sum of its parts; 0 where there is no plan yet."""
        parts = (self.coverage, self.match, self.fairness, self.teams, self.kept)
        return sum(part or 0 for part in parts)


class PlanLine(models.Model):
    """A shift as the plan found it: its free places, how urgent it is, and for whom it would be possible.

    The funnel counts people, each stage those of the stage before who also pass the next question. `price`: what one more
    suitable person here would be worth, in the unit of worth.
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="lines", db_index=False)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="+")
    places = models.PositiveIntegerField()
    priority = models.PositiveSmallIntegerField()
    qualified = models.PositiveIntegerField()
    certified = models.PositiveIntegerField()
    reachable = models.PositiveIntegerField()
    available = models.PositiveIntegerField()
    within_hours = models.PositiveIntegerField()
    price = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "plan_line"
        constraints = [
            models.UniqueConstraint(fields=["version", "shift"], name="plan_line_once"),
            models.CheckConstraint(condition=Q(priority__gte=1, priority__lte=3), name="plan_line_priority"),
            models.CheckConstraint(
                condition=Q(certified__lte=F("qualified"))
                & Q(reachable__lte=F("certified"))
                & Q(available__lte=F("reachable"))
                & Q(within_hours__lte=F("available")),
                name="plan_line_funnel_falls",
            ),
        ]


class Assignment(models.Model):
    """One person in one shift of a version (排班安排), and what speaks for it.

    `value` is 0 to 100 and the sum of its parts. `second_shift` is where the same person would go next best, None where
    nowhere; `second_loss` how much the plan would lose by that.
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField()
    skill = models.PositiveSmallIntegerField(default=0)
    interest = models.PositiveSmallIntegerField(default=0)
    profession = models.PositiveSmallIntegerField(default=0)
    nearness = models.PositiveSmallIntegerField(default=0)
    wished_hour = models.PositiveSmallIntegerField(default=0)
    fairness = models.SmallIntegerField(default=0)
    """What this shift adds for fairness: more for who served little lately, less for each further shift."""
    second_shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, related_name="+")
    second_loss = models.IntegerField(default=0)
    is_locked = models.BooleanField(default=False)
    """Planning again leaves it as it is."""
    is_edited = models.BooleanField(default=False)
    """A person put it there, not the solver."""
    added_by_ref = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "plan_assignment"
        constraints = [
            models.UniqueConstraint(fields=["version", "shift", "person"], name="plan_assignment_once"),
            models.CheckConstraint(condition=Q(value__lte=100), name="plan_assignment_value"),
            models.CheckConstraint(
                condition=Q(
                    value=F("skill") + F("interest") + F("profession") + F("nearness") + F("wished_hour"),
                ),
                name="plan_assignment_value_is_its_parts",
            ),
            models.CheckConstraint(condition=Q(is_edited=False) | ~Q(added_by_ref=""), name="plan_assignment_by_whom"),
        ]
        indexes = [models.Index(fields=["version", "person"], name="plan_assignment_of_person")]


class PlanEdit(models.Model):
    """What somebody changed in a version by hand, and what it cost. Never changed, never deleted."""

    class Kind(models.TextChoices):
        REMOVE = "remove", _("Taken out")
        ADD = "add", _("Put in")
        SWAP = "swap", _("Two people changed places")
        LOCK = "lock", _("Fixed")
        UNLOCK = "unlock", _("Set free")

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="edits", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=Kind.choices)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    other_shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, related_name="+")
    other_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    """Of a swap the other half."""
    filled_change = models.IntegerField(default=0)
    worth_change = models.BigIntegerField(default=0)
    made_at = models.DateTimeField()
    made_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "plan_edit"
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="plan_edit_number_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["remove", "add", "swap", "lock", "unlock"]), name="plan_edit_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="swap", other_shift__isnull=False, other_person__isnull=False)
                | (~Q(kind="swap") & Q(other_shift=None, other_person=None)),
                name="plan_edit_swap_has_two_halves",
            ),
        ]


class WishCost(models.Model):
    """What the same people and shifts would give without one wish: a rule switched off, or a weight left out.

    Differences to the version as it was planned, before any edit. Other parts of the worth are not compared: without a
    wish they are counted by another measure.
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="wish_costs", db_index=False)
    wish = models.CharField(max_length=20)
    filled_more = models.IntegerField()
    coverage_more = models.BigIntegerField()
    match_more = models.BigIntegerField()
    changes_more = models.IntegerField(null=True)
    """Of the limit on changes alone: how many more of what stood the plan without it changes."""

    class Meta:
        db_table = "plan_wish_cost"
        constraints = [models.UniqueConstraint(fields=["version", "wish"], name="plan_wish_cost_once")]
