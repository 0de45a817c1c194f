"""Benefits with their days and budgets, vouchers, waiting lists, and what is settled with departments."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.benefits.domain import KEY_LENGTH_MAX, Period, Relation, Supply, VoucherState, WaitingState
from xinshi.organizations.models import Organization
from xinshi.people.models import Person
from xinshi.training.models import Session
from xinshi.vault.fields import EncryptedTextField

GROUP_SETS = ("", "staff", "student", "citizen", "staff student", "staff citizen", "student citizen")
"""For whom a benefit may be, as stored: groups in their order, nothing for everybody."""


class Benefit(models.Model):
    """Something that hours are redeemed for (兑换项目), with its conditions and rules.

    `taken` counts the pieces of its vouchers without a day that are open, redeemed or missed, and those kept for somebody.
    """

    class Kind(models.TextChoices):
        HEALTH_CHECK = "health_check", _("Health check")
        REGISTRATION = "registration", _("Free registration")
        MEAL = "meal", _("Meal")
        BOOK = "book", _("Book")
        PARKING = "parking", _("Parking")
        COURSE = "course", _("Course or training")
        GOODS = "goods", _("Souvenir")
        OTHER = "other", _("Something else")

    class PeriodChoice(models.TextChoices):
        MONTH = Period.MONTH.value, _("per month")
        QUARTER = Period.QUARTER.value, _("per quarter")
        YEAR = Period.YEAR.value, _("per year")
        EVER = Period.EVER.value, _("in all")

    class SupplyChoice(models.TextChoices):
        DATED = Supply.DATED.value, _("Given on set days with places")
        STOCK = Supply.STOCK.value, _("Counted: there is a stock")
        UNLIMITED = Supply.UNLIMITED.value, _("Never runs out")

    name = models.CharField(max_length=60)
    description = models.TextField(max_length=1_000, blank=True, default="")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    place = models.CharField(max_length=120, blank=True, default="")
    supply = models.CharField(max_length=9, choices=SupplyChoice.choices)
    price_minutes = models.PositiveIntegerField()
    stars_min = models.PositiveSmallIntegerField(default=0)
    stock = models.PositiveIntegerField(null=True)
    taken = models.PositiveIntegerField(default=0)
    valid_days = models.PositiveSmallIntegerField(default=30)
    is_active = models.BooleanField(default=True)
    handout = models.CharField(max_length=120, blank=True, default="", db_default="")
    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    age_min = models.PositiveSmallIntegerField(null=True)
    age_max = models.PositiveSmallIntegerField(null=True)
    groups = models.CharField(max_length=24, blank=True, default="", db_default="")
    for_relatives = models.BooleanField(default=False, db_default=False)
    pieces_max = models.PositiveSmallIntegerField(default=1, db_default=1)
    offered_from = models.DateField(null=True)
    offered_until = models.DateField(null=True)
    limit_pieces = models.PositiveSmallIntegerField(null=True)
    limit_period = models.CharField(max_length=7, choices=PeriodChoice.choices, blank=True, default="", db_default="")
    budget_minutes = models.PositiveBigIntegerField(null=True)
    budget_pieces = models.PositiveIntegerField(null=True)
    budget_period = models.CharField(max_length=7, choices=PeriodChoice.choices, blank=True, default="", db_default="")
    cancel_hours = models.PositiveSmallIntegerField(default=0, db_default=0)
    offer_hours = models.PositiveSmallIntegerField(default=24, db_default=24)
    no_show_keeps_minutes = models.BooleanField(default=False, db_default=False)
    no_show_max = models.PositiveSmallIntegerField(null=True)
    no_show_days = models.PositiveSmallIntegerField(default=180, db_default=180)
    no_show_pause_days = models.PositiveSmallIntegerField(default=30, db_default=30)
    created_by_ref = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "benefit"
        constraints = [
            models.CheckConstraint(condition=Q(price_minutes__gt=0), name="benefit_price"),
            models.CheckConstraint(condition=Q(stars_min__gte=0) & Q(stars_min__lte=5), name="benefit_stars"),
            models.CheckConstraint(condition=Q(valid_days__gte=1) & Q(valid_days__lte=365), name="benefit_valid_days"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="benefit_taken"),
            models.CheckConstraint(
                condition=Q(supply="stock", stock__isnull=False, stock__gte=F("taken"))
                | Q(supply="dated", stock=None, taken=0)
                | Q(supply="unlimited", stock=None),
                name="benefit_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "health_check",
                        "registration",
                        "meal",
                        "book",
                        "parking",
                        "course",
                        "goods",
                        "other",
                    ]
                ),
                name="benefit_kind_known",
            ),
            models.CheckConstraint(condition=Q(groups__in=GROUP_SETS), name="benefit_groups_known"),
            models.CheckConstraint(
                condition=Q(age_min=None) | Q(age_max=None) | Q(age_min__lte=F("age_max")), name="benefit_ages"
            ),
            models.CheckConstraint(
                condition=Q(pieces_max__gte=1) & (Q(pieces_max=1) | ~Q(supply="dated")), name="benefit_pieces"
            ),
            models.CheckConstraint(
                condition=Q(offered_from=None) | Q(offered_until=None) | Q(offered_from__lte=F("offered_until")),
                name="benefit_window",
            ),
            models.CheckConstraint(
                condition=Q(limit_pieces=None, limit_period="")
                | Q(limit_pieces__gte=1, limit_period__in=["month", "quarter", "year", "ever"]),
                name="benefit_limit",
            ),
            models.CheckConstraint(
                condition=Q(budget_minutes=None, budget_pieces=None, budget_period="")
                | (
                    Q(budget_period__in=["month", "quarter", "year"])
                    & (Q(budget_minutes__isnull=False) | Q(budget_pieces__isnull=False))
                ),
                name="benefit_budget_has_period",
            ),
            models.CheckConstraint(
                condition=Q(supply="dated") | Q(no_show_keeps_minutes=False, no_show_max=None),
                name="benefit_missed_only_dated",
            ),
            models.CheckConstraint(condition=Q(offer_hours__gte=1), name="benefit_offer_hours"),
        ]


class Slot(models.Model):
    """A day, or a time of a day, on which a dated benefit is given, with its places."""

    benefit = models.ForeignKey(Benefit, on_delete=models.PROTECT, related_name="slots")
    day = models.DateField()
    starts_at = models.DateTimeField(null=True)
    places = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=60, blank=True, default="", db_default="")
    training_session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="benefit_slots")
    """The training of which this day is the date: who reserves it has a place there."""

    class Meta:
        db_table = "benefit_slot"
        constraints = [
            models.CheckConstraint(condition=Q(taken__gte=0) & Q(taken__lte=F("places")), name="slot_not_overbooked"),
            models.UniqueConstraint(fields=["benefit", "day"], condition=Q(starts_at=None), name="slot_day_once"),
            models.UniqueConstraint(
                fields=["benefit", "starts_at"], condition=Q(starts_at__isnull=False), name="slot_time_once"
            ),
        ]
        indexes = [models.Index(fields=["day", "id"], name="slot_day")]


class Budget(models.Model):
    """What one benefit may give in one period, and how much of it is given, promised or kept for somebody.

    Rows are made when first needed, from the vouchers that count in the period; a changed budget makes them anew.
    """

    benefit = models.ForeignKey(Benefit, on_delete=models.PROTECT, related_name="budgets")
    starts_on = models.DateField()
    ends_before = models.DateField()
    minutes_max = models.PositiveBigIntegerField(null=True)
    pieces_max = models.PositiveIntegerField(null=True)
    minutes_used = models.PositiveBigIntegerField(default=0)
    pieces_used = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "benefit_budget"
        constraints = [
            models.UniqueConstraint(fields=["benefit", "starts_on"], name="budget_once"),
            models.CheckConstraint(
                condition=(Q(minutes_max=None) | Q(minutes_used__lte=F("minutes_max")))
                & (Q(pieces_max=None) | Q(pieces_used__lte=F("pieces_max"))),
                name="budget_not_exceeded",
            ),
            models.CheckConstraint(condition=Q(minutes_used__gte=0) & Q(pieces_used__gte=0), name="budget_used"),
            models.CheckConstraint(condition=Q(starts_on__lt=F("ends_before")), name="budget_period"),
        ]


class Voucher(models.Model):
    """A person's claim to a benefit (兑换券), paid by a hold in the ledger. It ends once: who and when stays with it.

    `hold_id` is empty only inside the transaction that makes the voucher: the hold's key carries the voucher's id.
    `counts_on` is the day on which it counts for limits and budgets: its own day, else the day it was reserved.
    `keeps_minutes` is the rule for a missed day as it was when the voucher was made. What was redeemed may be refunded and
    what was missed may be excused later: `undone_…` says when, by whom and why.
    """

    class State(models.TextChoices):
        RESERVED = VoucherState.RESERVED.value, _("Reserved")
        FULFILLED = VoucherState.FULFILLED.value, _("Redeemed")
        CANCELLED = VoucherState.CANCELLED.value, _("Cancelled")
        EXPIRED = VoucherState.EXPIRED.value, _("Ran out")
        NO_SHOW = VoucherState.NO_SHOW.value, _("Missed")
        EXCUSED = VoucherState.EXCUSED.value, _("Missed, excused")
        REFUNDED = VoucherState.REFUNDED.value, _("Refunded")

    class RelationChoice(models.TextChoices):
        SPOUSE = Relation.SPOUSE.value, _("Husband or wife")
        PARENT = Relation.PARENT.value, _("Father or mother")
        CHILD = Relation.CHILD.value, _("Son or daughter")
        OTHER = Relation.OTHER.value, _("Another relative")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="vouchers")
    benefit = models.ForeignKey(Benefit, on_delete=models.PROTECT, related_name="vouchers")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, null=True, related_name="vouchers")
    hold_id = models.BigIntegerField(null=True, unique=True)
    minutes = models.PositiveIntegerField()
    short_code = models.CharField(max_length=10, unique=True)
    key = models.CharField(max_length=KEY_LENGTH_MAX)
    state = models.CharField(max_length=9, choices=State.choices, default=State.RESERVED)
    expires_at = models.DateTimeField()
    reserved_at = models.DateTimeField()
    reserved_by_ref = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True)
    ended_by_ref = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(max_length=300, blank=True, default="")
    pieces = models.PositiveSmallIntegerField(default=1, db_default=1)
    counts_on = models.DateField(null=True)
    keeps_minutes = models.BooleanField(default=False, db_default=False)
    relation = models.CharField(max_length=8, choices=RelationChoice.choices, blank=True, default="", db_default="")
    beneficiary_name = EncryptedTextField(blank=True, default="", db_default="")
    beneficiary_digits = EncryptedTextField(blank=True, default="", db_default="")
    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, related_name="+")
    reminded_days = models.PositiveSmallIntegerField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by_ref = models.CharField(max_length=64, blank=True, default="", db_default="")
    undone_reason = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        db_table = "voucher"
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="voucher_once"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="voucher_minutes"),
            models.CheckConstraint(condition=~Q(key=""), name="voucher_has_key"),
            models.CheckConstraint(
                condition=Q(state="reserved", ended_at=None, ended_by_ref="")
                | (
                    Q(
                        state__in=["fulfilled", "cancelled", "expired", "no_show", "excused", "refunded"],
                        ended_at__isnull=False,
                    )
                    & ~Q(ended_by_ref="")
                ),
                name="voucher_ended_by_whom",
            ),
            models.CheckConstraint(
                condition=(
                    Q(undone_at=None, undone_by_ref="", undone_reason="") & ~Q(state__in=["excused", "refunded"])
                )
                | (
                    Q(state__in=["excused", "refunded"], undone_at__isnull=False)
                    & ~Q(undone_by_ref="")
                    & ~Q(undone_reason="")
                ),
                name="voucher_undone_by_whom",
            ),
            models.CheckConstraint(condition=Q(counts_on__isnull=False), name="voucher_counts_on_a_day"),
            models.CheckConstraint(condition=Q(pieces__gte=1) & (Q(pieces=1) | Q(slot=None)), name="voucher_pieces"),
            models.CheckConstraint(
                condition=Q(relation="", beneficiary_name="", beneficiary_digits="")
                | (Q(relation__in=["spouse", "parent", "child", "other"]) & ~Q(beneficiary_name="")),
                name="voucher_for_whom",
            ),
            models.CheckConstraint(
                condition=Q(slot__isnull=False) | (Q(keeps_minutes=False) & ~Q(state__in=["no_show", "excused"])),
                name="voucher_missed_only_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="voucher_of_person"),
            models.Index(fields=["expires_at", "id"], condition=Q(state="reserved"), name="voucher_open"),
            models.Index(fields=["benefit", "counts_on"], name="voucher_of_benefit"),
            models.Index(fields=["ended_by_ref", "-ended_at"], name="voucher_ended_by"),
            models.Index(
                fields=["provider", "ended_at"], condition=Q(provider__isnull=False), name="voucher_of_provider"
            ),
        ]


class Waiting(models.Model):
    """Somebody's place on a waiting list (候补): of a day, or of a benefit with a stock. The order is that of the ids.

    An offer keeps a place (and a part of the budget that counts on `counts_on`) until `offer_until`; `minutes` is its
    price. No hours are held while somebody waits.
    """

    class State(models.TextChoices):
        WAITING = WaitingState.WAITING.value, _("Waiting")
        OFFERED = WaitingState.OFFERED.value, _("A place is kept for you")
        ACCEPTED = WaitingState.ACCEPTED.value, _("Accepted")
        DECLINED = WaitingState.DECLINED.value, _("Given up")
        LAPSED = WaitingState.LAPSED.value, _("Not accepted in time")
        LEFT = WaitingState.LEFT.value, _("Left the list")
        CLOSED = WaitingState.CLOSED.value, _("Nothing became free")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    benefit = models.ForeignKey(Benefit, on_delete=models.PROTECT, related_name="waiting")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, null=True, related_name="waiting")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    joined_at = models.DateTimeField()
    minutes = models.PositiveIntegerField(null=True)
    counts_on = models.DateField(null=True)
    offered_at = models.DateTimeField(null=True)
    offer_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    voucher = models.OneToOneField(Voucher, on_delete=models.PROTECT, null=True, related_name="waiting")

    class Meta:
        db_table = "benefit_waiting"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "slot"],
                condition=Q(state__in=["waiting", "offered"], slot__isnull=False),
                name="waiting_once_for_day",
            ),
            models.UniqueConstraint(
                fields=["person", "benefit"],
                condition=Q(state__in=["waiting", "offered"], slot=None),
                name="waiting_once_for_benefit",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", offer_until=None, ended_at=None, voucher=None)
                | Q(
                    state="offered",
                    minutes__gt=0,
                    counts_on__isnull=False,
                    offered_at__isnull=False,
                    offer_until__isnull=False,
                    ended_at=None,
                    voucher=None,
                )
                | Q(state="accepted", ended_at__isnull=False, voucher__isnull=False)
                | Q(state__in=["declined", "lapsed", "left", "closed"], ended_at__isnull=False, voucher=None),
                name="waiting_state_says_all",
            ),
        ]
        indexes = [
            models.Index(
                fields=["benefit", "slot", "id"], condition=Q(state__in=["waiting", "offered"]), name="waiting_line"
            ),
            models.Index(fields=["offer_until"], condition=Q(state="offered"), name="waiting_offers"),
            models.Index(fields=["person", "-id"], name="waiting_of_person"),
        ]


class Settlement(models.Model):
    """What one department gave in one month: counted, confirmed by it, settled by the bank. Never any money."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CONFIRMED = "confirmed", _("Confirmed")
        SETTLED = "settled", _("Settled")

    provider = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT)
    drafted_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by_ref = models.CharField(max_length=64, blank=True, default="")
    settled_at = models.DateTimeField(null=True)
    settled_by_ref = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "benefit_settlement"
        constraints = [
            models.UniqueConstraint(fields=["provider", "month"], name="settlement_once"),
            models.CheckConstraint(
                condition=Q(state="draft", confirmed_at=None, confirmed_by_ref="", settled_at=None, settled_by_ref="")
                | (
                    Q(state="confirmed", confirmed_at__isnull=False, settled_at=None, settled_by_ref="")
                    & ~Q(confirmed_by_ref="")
                )
                | (
                    Q(state="settled", confirmed_at__isnull=False, settled_at__isnull=False)
                    & ~Q(confirmed_by_ref="")
                    & ~Q(settled_by_ref="")
                    & ~Q(settled_by_ref=F("confirmed_by_ref"))
                ),
                name="settlement_by_whom",
            ),
        ]


class SettlementItem(models.Model):
    """One thing that happened with one voucher, in the statement that counts it. Written once (append only).

    A correction of what an earlier statement counted is an item of its own, with the opposite sign.
    """

    class What(models.TextChoices):
        FULFILLED = "fulfilled", _("Redeemed")
        NO_SHOW = "no_show", _("Missed")
        REFUNDED = "refunded", _("Refunded")
        EXCUSED = "excused", _("Missed, excused")

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="items")
    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="+")
    benefit = models.ForeignKey(Benefit, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=9, choices=What.choices)
    happened_at = models.DateTimeField()
    pieces = models.SmallIntegerField()
    minutes = models.BigIntegerField()

    class Meta:
        db_table = "benefit_settlement_item"
        constraints = [
            models.UniqueConstraint(fields=["voucher", "what"], name="settlement_item_once"),
            models.CheckConstraint(
                condition=Q(what__in=["fulfilled", "no_show"], pieces__gt=0, minutes__gt=0)
                | Q(what__in=["refunded", "excused"], pieces__lt=0, minutes__lt=0),
                name="settlement_item_sign",
            ),
        ]
