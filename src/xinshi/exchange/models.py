"""Partners, imported files and their lines, exported files and the rest that rounding kept back."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.people.models import Person


class Partner(models.Model):
    """Another platform or bank (合作平台). Its row is locked while one of its files goes in or out."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=64)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "exchange_partner"


class ImportFile(models.Model):
    """A file's content, whatever it was called and however it was saved: `content_hash` is over its normalised rows.

    `titles` are pairs of field and title, for the columns that were understood, in their order.
    """

    class Kind(models.TextChoices):
        HONORARY = "honorary", _("Honorary hours")
        VERIFIED_DETAIL = "verified_detail", _("Verified hours, by segment")
        VERIFIED_SUMMARY = "verified_summary", _("Verified hours, by person")

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="import_files")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    content_hash = models.CharField(max_length=64)
    file_name = models.CharField(max_length=200)
    row_count = models.PositiveIntegerField()
    titles = models.JSONField(default=list)
    first_imported_at = models.DateTimeField()
    first_imported_by_ref = models.CharField(max_length=64)
    last_imported_at = models.DateTimeField()
    runs = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "exchange_import_file"
        constraints = [
            models.UniqueConstraint(fields=["partner", "content_hash"], name="exchange_file_content_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["honorary", "verified_detail", "verified_summary"]), name="exchange_file_kind"
            ),
        ]


class ImportLine(models.Model):
    """One row of a file and what became of it. A credited line's deposit has the source `exchange-line:ID`.

    `row_key` is a keyed digest of what the row says (number, kind, times, minutes, reason; not the name): equal rows have
    equal keys, `occurrence` counts them inside one file. `cells` keeps, by field, what stood in a row to correct.
    """

    class State(models.TextChoices):
        CREDITED = "credited", _("Credited")
        NO_SIGN_OUT = "no_sign_out", _("No sign-out")
        HELD_BACK = "held_back", _("Held back")
        DISCARDED = "discarded", _("Discarded")
        ALREADY_KNOWN = "already_known", _("Already known")
        UNMATCHED = "unmatched", _("Person not found")
        REJECTED = "rejected", _("Rejected")

    file = models.ForeignKey(ImportFile, on_delete=models.PROTECT, related_name="lines")
    sheet = models.CharField(max_length=64)
    row_number = models.PositiveIntegerField()
    row_key = models.CharField(max_length=32, db_index=True)
    occurrence = models.PositiveIntegerField()
    name = models.CharField(max_length=64, blank=True)
    volunteer_number = models.CharField(max_length=64, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    hours_kind = models.CharField(max_length=8, choices=[("verified", "verified"), ("honorary", "honorary")])
    title = models.CharField(max_length=500, blank=True)
    day = models.DateField(null=True)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    minutes = models.PositiveIntegerField()
    state = models.CharField(max_length=13, choices=State.choices)
    code = models.CharField(max_length=32, blank=True)
    parameters = models.JSONField(default=dict)
    column = models.CharField(max_length=64, blank=True)
    cells = models.JSONField(default=dict)
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True)
    decision_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "exchange_import_line"
        constraints = [
            models.UniqueConstraint(fields=["file", "row_key", "occurrence"], name="exchange_line_once"),
            models.UniqueConstraint(
                fields=["person", "starts_at", "ends_at"],
                condition=Q(state="credited", starts_at__isnull=False),
                name="exchange_segment_credited_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["credited", "held_back", "discarded"])
                | Q(person__isnull=False, minutes__gte=1),
                name="exchange_line_worth_something",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None)
                | Q(ends_at=None)
                | Q(ends_at__gt=F("starts_at"))
                | Q(state__in=["rejected", "no_sign_out"]),
                name="exchange_line_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(state="discarded") | (Q(decided_at__isnull=False) & ~Q(decision_reason="")),
                name="exchange_line_discarded_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["rejected", "unmatched", "held_back"]) | ~Q(code=""),
                name="exchange_line_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "starts_at"], condition=Q(starts_at__isnull=False), name="exchange_line_when"
            ),
            models.Index(fields=["state", "id"], condition=Q(state="held_back"), name="exchange_line_waiting"),
            models.Index(fields=["file", "state"], name="exchange_line_by_state"),
        ]


class HonoraryExport(models.Model):
    """One honorary file that went out; its lines write the same file again whenever it is asked for."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="exports")
    from_day = models.DateField()
    to_day = models.DateField()
    exported_at = models.DateTimeField()
    exported_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "exchange_honorary_export"
        constraints = [
            models.CheckConstraint(condition=Q(to_day__gte=F("from_day")), name="exchange_export_period"),
        ]


class HonoraryExportLine(models.Model):
    """What one person's hours became in a file: carry before + minutes = 6 × tenths + carry after.

    `minutes` are those of deposits in the file, less those of deposits that went out earlier and were reversed since.
    """

    export = models.ForeignKey(HonoraryExport, on_delete=models.PROTECT, related_name="lines")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=64)
    volunteer_number = models.CharField(max_length=32)
    reason = models.CharField(max_length=200)
    minutes = models.IntegerField()
    carry_before = models.IntegerField()
    tenths = models.PositiveIntegerField()
    carry_after = models.IntegerField()

    class Meta:
        db_table = "exchange_honorary_export_line"
        constraints = [
            models.UniqueConstraint(fields=["export", "person"], name="exchange_export_line_once"),
            models.CheckConstraint(
                condition=Q(carry_after=F("carry_before") + F("minutes") - F("tenths") * 6),
                name="exchange_export_line_adds_up",
            ),
            models.CheckConstraint(condition=Q(carry_after__lte=5), name="exchange_export_line_rest"),
        ]


class ExportedDeposit(models.Model):
    """A deposit that went out, once; `taken_back_in` is the file in which its reversal was made good."""

    deposit_id = models.BigIntegerField(unique=True)
    export = models.ForeignKey(HonoraryExport, on_delete=models.PROTECT, related_name="deposits")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    minutes = models.PositiveIntegerField()
    taken_back_in = models.ForeignKey(
        HonoraryExport, on_delete=models.PROTECT, null=True, related_name="deposits_taken_back"
    )

    class Meta:
        db_table = "exchange_exported_deposit"


class ExportCarry(models.Model):
    """Minutes of a person that a file of one decimal could not say yet; negative where more went out than still stands."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="carries")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    minutes = models.IntegerField(default=0)

    class Meta:
        db_table = "exchange_export_carry"
        constraints = [
            models.UniqueConstraint(fields=["partner", "person"], name="exchange_carry_once"),
            models.CheckConstraint(condition=Q(minutes__lte=5), name="exchange_carry_rest"),
        ]
