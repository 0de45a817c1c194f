"""Benefits, their days, vouchers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.benefits.domain import KEY_LENGTH_MAX, Supply, VoucherState
from xinshi.people.models import Person


class Benefit(models.Model):
    """Something that hours are redeemed for (兑换项目). `taken` counts its open and redeemed vouchers without a day."""

    class Kind(models.TextChoices):
        HEALTH_CHECK = "health_check", _("Health check")
        REGISTRATION = "registration", _("Free registration")
        MEAL = "meal", _("Meal")
        BOOK = "book", _("Book")
        PARKING = "parking", _("Parking")
        COURSE = "course", _("Course or training")
        GOODS = "goods", _("Souvenir")
        OTHER = "other", _("Something else")

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
        ]


class Slot(models.Model):
    """A day, or a time of a day, on which a dated benefit is given, with its places."""

    benefit = models.ForeignKey(Benefit, on_delete=models.PROTECT, related_name="slots")
    day = models.DateField()
    starts_at = models.DateTimeField(null=True)
    places = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)

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


class Voucher(models.Model):
    """A person's claim to one benefit (兑换券), paid by a hold in the ledger. It ends once: who and when stays with it.

    `hold_id` is empty only inside the transaction that makes the voucher: the hold's key carries the voucher's id.
    """

    class State(models.TextChoices):
        RESERVED = VoucherState.RESERVED.value, _("Reserved")
        FULFILLED = VoucherState.FULFILLED.value, _("Redeemed")
        CANCELLED = VoucherState.CANCELLED.value, _("Cancelled")
        EXPIRED = VoucherState.EXPIRED.value, _("Ran out")

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

    class Meta:
        db_table = "voucher"
        constraints = [
            models.UniqueConstraint(fields=["person", "key"], name="voucher_once"),
            models.CheckConstraint(condition=Q(minutes__gt=0), name="voucher_minutes"),
            models.CheckConstraint(condition=~Q(key=""), name="voucher_has_key"),
            models.CheckConstraint(
                condition=Q(state="reserved", ended_at=None, ended_by_ref="")
                | (Q(state__in=["fulfilled", "cancelled", "expired"], ended_at__isnull=False) & ~Q(ended_by_ref="")),
                name="voucher_ended_by_whom",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="voucher_of_person"),
            models.Index(fields=["expires_at", "id"], condition=Q(state="reserved"), name="voucher_open"),
        ]
