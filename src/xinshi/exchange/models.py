"""Partners, imported files and their lines, exported files and the rest that rounding kept back."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from xinshi.exchange.domain import DOCUMENT_MARK
from xinshi.exchange.returning.models import ReturnedDifference, ReturnedFile
from xinshi.people.models import Person

__all__ = [
    "ColumnMapping",
    "ExportCarry",
    "ExportedDeposit",
    "FileSender",
    "HonoraryExport",
    "HonoraryExportLine",
    "HonoraryExportPart",
    "ImportFile",
    "ImportLine",
    "ImportRun",
    "Partner",
    "PartnerContract",
    "PartnerKey",
    "PartnerStateChange",
    "PullCursor",
    "PullRun",
    "PulledDepartment",
    "PulledVolunteer",
    "ReturnedDifference",
    "ReturnedFile",
]


class Partner(models.Model):
    """Another platform or bank (合作平台). Its row is locked while one of its files or messages goes in or out.

    `code` is the other bank's own code where it is a bank: both sides call each other by it. `address` is where its
    interface answers; empty for a platform of which only files are known. The limits bind the partner's clearing account:
    how many minutes may be owed in each direction at once (None: no limit).
    """

    class Kind(models.TextChoices):
        PLATFORM = "platform", _("National platform")
        BANK = "bank", _("Time bank")

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        DISPUTED = "disputed", _("In dispute")
        """Stopped by the house itself, because what the two sides say does not fit together; a person resumes it."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.BANK, db_default=Kind.BANK.value)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE, db_default=State.ACTIVE.value)
    state_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    state_since = models.DateTimeField(null=True)
    state_by_ref = models.CharField(max_length=64, blank=True, default="", db_default="")
    address = models.CharField(max_length=200, blank=True, default="", db_default="")
    in_minutes_max = models.PositiveBigIntegerField(null=True)
    out_minutes_max = models.PositiveBigIntegerField(null=True)
    limits_proposed = models.JSONField(null=True)
    """Wider limits that wait for a second administrator: {"in": minutes or null, "out": minutes or null}."""
    limits_proposed_by_ref = models.CharField(max_length=64, blank=True, default="", db_default="")
    last_heard_at = models.DateTimeField(null=True)
    """When the partner last answered or sent something that was understood."""
    created_at = models.DateTimeField()

    class Meta:
        db_table = "exchange_partner"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["platform", "bank"]), name="exchange_partner_kind"),
            models.CheckConstraint(
                condition=Q(state__in=["active", "paused", "disputed"]), name="exchange_partner_state"
            ),
            models.CheckConstraint(
                condition=Q(state="active") | ~Q(state_reason=""), name="exchange_partner_stopped_says_why"
            ),
            models.CheckConstraint(
                condition=Q(limits_proposed__isnull=True, limits_proposed_by_ref="")
                | (Q(limits_proposed__isnull=False) & ~Q(limits_proposed_by_ref="")),
                name="exchange_partner_limits_proposed_by",
            ),
        ]


def _confirmed_by_another(first: str, at: str, second: str) -> Q:
    """What one person wrote, nobody or another one has put in force; the system may do both."""
    by_another = ~Q(**{second: ""}) & (~Q(**{second: F(first)}) | Q(**{f"{second}__startswith": "system:"}))
    return Q(**{at: None, second: ""}) | (Q(**{f"{at}__isnull": False}) & by_another)


class PartnerStateChange(models.Model):
    """What happened to a partner's state, each step once and for good (暂停、恢复与争议的记录)."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="state_changes")
    state = models.CharField(max_length=8, choices=Partner.State.choices)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "exchange_partner_state"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["active", "paused", "disputed"]), name="exchange_partner_state_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="exchange_partner_state_says_why"),
        ]


class PartnerContract(models.Model):
    """What was agreed with a partner, in versions (合作协议); the newest that has begun and not ended is in force.

    `coefficient_percent` is applied to minutes that come in before they can be spent; what was certified is never altered.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="contracts")
    number = models.PositiveIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    hours_kinds_in = models.JSONField(default=list)
    """Which kinds of hours count when they come in: codes of `kernel.codes.HoursKind`."""
    hours_kinds_out = models.JSONField(default=list)
    coefficient_percent = models.PositiveIntegerField(default=100)
    may_come_in = models.BooleanField(default=True)
    """Earned there, redeemed here."""
    may_go_out = models.BooleanField(default=True)
    """Earned here, redeemed there."""
    transfer_minutes_max = models.PositiveIntegerField(null=True)
    """Of one transfer."""
    person_month_minutes_max = models.PositiveIntegerField(null=True)
    """Of one person in one calendar month, per direction."""
    terms = models.CharField(max_length=1_000, blank=True, default="")
    written_by_ref = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    enforced_by_ref = models.CharField(max_length=64, blank=True, default="", db_default="")
    enforced_at = models.DateTimeField(null=True)
    """When another administrator put it in force; before, it is only written."""

    class Meta:
        db_table = "exchange_contract"
        constraints = [
            models.CheckConstraint(
                condition=_confirmed_by_another("written_by_ref", "enforced_at", "enforced_by_ref"),
                name="exchange_contract_two_people",
            ),
            models.UniqueConstraint(fields=["partner", "number"], name="exchange_contract_once"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="exchange_contract_period"
            ),
            models.CheckConstraint(
                condition=Q(coefficient_percent__gte=1, coefficient_percent__lte=1_000),
                name="exchange_contract_coefficient",
            ),
        ]


class PartnerKey(models.Model):
    """A partner's public key (公钥): its messages are trusted by it from `valid_from` until it is revoked.

    `public_key` is base64 of the 32 raw bytes of Ed25519. The shared key of pairwise tokens is sealed elsewhere.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="keys")
    key_id = models.CharField(max_length=32)
    algorithm = models.CharField(max_length=8, default="ed25519")
    public_key = models.CharField(max_length=200)
    valid_from = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    added_by_ref = models.CharField(max_length=64)
    confirmed_by_ref = models.CharField(max_length=64, blank=True, default="", db_default="")
    confirmed_at = models.DateTimeField(null=True)
    """When another administrator compared it with the partner's own word; before, nothing is trusted by it."""
    revoked_by_ref = models.CharField(max_length=64, blank=True, default="", db_default="")
    revoked_reason = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        db_table = "exchange_partner_key"
        constraints = [
            models.CheckConstraint(
                condition=_confirmed_by_another("added_by_ref", "confirmed_at", "confirmed_by_ref"),
                name="exchange_partner_key_two_people",
            ),
            models.UniqueConstraint(fields=["partner", "key_id"], name="exchange_partner_key_once"),
            models.CheckConstraint(condition=Q(algorithm__in=["ed25519"]), name="exchange_partner_key_algorithm"),
        ]


class FileSender(models.Model):
    """Who hands files of a partner's hours over (来源): the platform itself, the city's association, a university's league.

    Each writes its files in its own way. What a person said about columns holds for one of them only.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="file_senders")
    name = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)
    """When a file of it was last taken in."""

    class Meta:
        db_table = "exchange_file_sender"
        constraints = [
            models.UniqueConstraint(fields=["partner", "name"], name="exchange_sender_once"),
            models.CheckConstraint(condition=~Q(name=""), name="exchange_sender_has_a_name"),
        ]


class ImportFile(models.Model):
    """A file's content, whatever it was called and however it was saved: `content_hash` is over its normalised rows.

    `titles` are pairs of field and title, for the columns that were understood, in their order. `sender` is who handed it
    over first; None for what came through the interface.
    """

    class Kind(models.TextChoices):
        HONORARY = "honorary", _("Honorary hours")
        VERIFIED_DETAIL = "verified_detail", _("Verified hours, by segment")
        VERIFIED_SUMMARY = "verified_summary", _("Verified hours, by person")

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="import_files")
    sender = models.ForeignKey(FileSender, on_delete=models.PROTECT, null=True, related_name="import_files")
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


class ImportRun(models.Model):
    """One taking-in of a file, portion by portion: `done_rows` is how far it came, in the order of the file.

    A portion's lines, deposits and this cursor are written in one transaction, so that a run that was killed goes on where
    it was. `figures` counts this run's rows by state, and its `minutes`. `sender` says by whose titles it is read. `path` is
    the sealed file in the storage, for a run that the worker goes on with; `beat_at` is when somebody last worked at it;
    None: nobody does.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Going on")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    file = models.ForeignKey(ImportFile, on_delete=models.PROTECT, related_name="import_runs")
    sender = models.ForeignKey(FileSender, on_delete=models.PROTECT, related_name="import_runs")
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    row_count = models.PositiveIntegerField()
    done_rows = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict)
    path = models.CharField(max_length=100, blank=True)
    started_at = models.DateTimeField()
    started_by_ref = models.CharField(max_length=64)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=32, blank=True)

    class Meta:
        db_table = "exchange_import_run"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "stopped"], ended_at=None)
                | Q(state__in=["done", "failed"], ended_at__isnull=False),
                name="exchange_run_ends_once",
            ),
            models.CheckConstraint(condition=Q(done_rows__lte=F("row_count")), name="exchange_run_within_file"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_rows=F("row_count")), name="exchange_run_done_whole"
            ),
        ]
        indexes = [
            models.Index(fields=["beat_at"], condition=Q(state="running"), name="exchange_run_going_on"),
        ]


class ColumnMapping(models.Model):
    """Which column is what in a sender's files with exactly these titles, as a person said it.

    `columns` are places from 0 by field; `titles` are shown to people. Used silently for files of this sender until somebody
    changes or forgets it; for files of another it is proposed.
    """

    sender = models.ForeignKey(FileSender, on_delete=models.PROTECT, related_name="column_mappings")
    fingerprint = models.CharField(max_length=32)
    titles = models.JSONField(default=list)
    columns = models.JSONField(default=dict)
    in_minutes = models.BooleanField(default=False)
    said_by_ref = models.CharField(max_length=64)
    said_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    uses = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "exchange_column_mapping"
        constraints = [
            models.UniqueConstraint(fields=["sender", "fingerprint"], name="exchange_mapping_once_a_sender"),
        ]


UNTIMED: Final = Q(starts_at=None) | Q(ends_at=None)
"""Lines without a place in time; whether another file said the same can be seen from their key alone."""


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
        NOT_OURS = "not_ours", _("Not ours")

    file = models.ForeignKey(ImportFile, on_delete=models.PROTECT, related_name="lines", db_index=False)
    sheet = models.CharField(max_length=64)
    row_number = models.PositiveIntegerField()
    row_key = models.CharField(max_length=32)
    occurrence = models.PositiveIntegerField()
    name = models.CharField(max_length=64, blank=True)
    volunteer_number = models.CharField(max_length=64, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
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
                condition=~Q(state="not_ours") | (Q(decided_at__isnull=False) & ~Q(decision_reason="")),
                name="exchange_line_not_ours_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["rejected", "unmatched", "held_back"]) | ~Q(code=""),
                name="exchange_line_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "starts_at"], name="exchange_line_of_person"),
            models.Index(fields=["row_key"], condition=UNTIMED, name="exchange_line_untimed_key"),
            models.Index(fields=["state", "id"], condition=Q(state="held_back"), name="exchange_line_waiting"),
            models.Index(fields=["file", "state"], name="exchange_line_by_state"),
            models.Index(
                fields=["volunteer_number"], condition=Q(state="unmatched"), name="exchange_line_unmatched_number"
            ),
            models.Index(fields=["person"], condition=Q(state="unmatched"), name="exchange_line_unmatched_person"),
        ]

    @property
    def shown_number(self) -> str:
        """The volunteer number for people's eyes; empty where a blind index stands in its place."""
        return "" if self.volunteer_number.startswith(DOCUMENT_MARK) else self.volunteer_number


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


class HonoraryExportPart(models.Model):
    """One file of an export: 志愿汇 takes so many rows at a time. `sha256` is of the file as it was written."""

    export = models.ForeignKey(HonoraryExport, on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    tenths = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "exchange_honorary_export_part"
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="exchange_export_part_once"),
            models.CheckConstraint(condition=Q(number__gte=1, rows__gte=1), name="exchange_export_part_filled"),
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
    part = models.PositiveIntegerField(default=1, db_default=1)
    """In which file of the export the line stands."""
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


class PullCursor(models.Model):
    """How far a partner's interface was read, per resource: written in the transaction that took the rows in."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="pull_cursors")
    resource = models.CharField(max_length=16)
    day = models.DateField()
    """The day (`time`) that is being read; days before it are done."""
    max_id = models.BigIntegerField(default=0)
    """The partner's own cursor inside that day; the next page begins after it."""
    pulled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "exchange_pull_cursor"
        constraints = [
            models.UniqueConstraint(fields=["partner", "resource"], name="exchange_pull_cursor_once"),
            models.CheckConstraint(
                condition=Q(resource__in=["department", "volunteer", "duration", "hisduration"]),
                name="exchange_pull_cursor_resource",
            ),
            models.CheckConstraint(condition=Q(max_id__gte=0), name="exchange_pull_cursor_forward"),
        ]


class PullRun(models.Model):
    """One pull from a partner's interface and how it ended; `code` is empty where it went through."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="pull_runs")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    started_by_ref = models.CharField(max_length=64)
    pages = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    credited = models.PositiveIntegerField(default=0)
    credited_minutes = models.PositiveBigIntegerField(default=0)
    waiting = models.PositiveIntegerField(default=0)
    """Rows that are held back or whose person was not found."""
    code = models.CharField(max_length=32, blank=True, default="")
    resource = models.CharField(max_length=16, blank=True, default="")
    """Where it stopped; empty where it went through."""

    class Meta:
        db_table = "exchange_pull_run"
        indexes = [models.Index(fields=["partner", "-started_at"], name="exchange_pull_run_newest")]


class PulledDepartment(models.Model):
    """A team as the national platform names it; its administrators' data are passed over."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="departments")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    parent_code = models.CharField(max_length=64, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "exchange_pulled_department"
        constraints = [models.UniqueConstraint(fields=["partner", "code"], name="exchange_pulled_department_once")]


class PulledVolunteer(models.Model):
    """Which volunteer number goes with which identity number, for people of the archive only.

    `id_index` is the blind index of `people`: the identity number itself is never stored.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="volunteers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    volunteer_number = models.CharField(max_length=32)
    id_index = models.CharField(max_length=32)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "exchange_pulled_volunteer"
        constraints = [
            models.UniqueConstraint(fields=["partner", "id_index"], name="exchange_pulled_volunteer_once"),
        ]
