"""Requests for correction. The trail and who had a part are written once; the trigger's SQL stands in `appeals/sql/`."""

from __future__ import annotations

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import xinshi.vault.fields
from xinshi.doors.append_only import append_only

SQL = Path(__file__).resolve().parent.parent / "sql"


def install(apps, schema_editor):  # noqa: ARG001  # Django's signature
    with schema_editor.connection.cursor() as cursor:
        cursor.execute((SQL / f"{schema_editor.connection.vendor}.sql").read_text(encoding="utf-8"))


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("activities", "0002_no_overlap"),
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="CorrectionRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("record", "A service record is wrong"),
                            ("missing", "Service is missing"),
                            ("deposit", "Hours that should not be there"),
                            ("voucher", "A voucher"),
                            ("star", "A star that was not given"),
                            ("notice", "Objection to hours in public notice"),
                        ],
                        max_length=8,
                    ),
                ),
                ("subject_ref", models.CharField(max_length=64)),
                ("asker_ref", models.CharField(max_length=64)),
                ("asked_by_ref", models.CharField(max_length=64)),
                ("is_assisted", models.BooleanField(default=False)),
                ("text", xinshi.vault.fields.EncryptedTextField()),
                ("asked_from", models.DateTimeField(null=True)),
                ("asked_until", models.DateTimeField(null=True)),
                ("asked_minutes", models.PositiveIntegerField(null=True)),
                (
                    "remedy",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cancel", "Cancel it and give the hours back"),
                            ("excuse", "Excuse that I did not come"),
                            ("refund", "Give the hours back: it was redeemed wrongly"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("title", models.CharField(blank=True, default="", max_length=80)),
                ("place", models.CharField(blank=True, default="", max_length=120)),
                ("category", models.CharField(blank=True, default="", max_length=4)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for an answer"),
                            ("more_asked", "More was asked of you"),
                            ("granted", "Granted"),
                            ("partly", "Partly granted"),
                            ("refused", "Not granted"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("asked_at", models.DateTimeField()),
                ("due_on", models.DateField()),
                ("days_left", models.PositiveSmallIntegerField(null=True)),
                ("escalated_at", models.DateTimeField(null=True)),
                ("overdue_told_at", models.DateTimeField(null=True)),
                ("hold_id", models.BigIntegerField(null=True, unique=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_ref", models.CharField(blank=True, default="", max_length=64)),
                ("answer", xinshi.vault.fields.EncryptedTextField(blank=True, default="")),
                ("reversed_deposit_id", models.BigIntegerField(null=True, unique=True)),
                ("new_deposit_id", models.BigIntegerField(null=True, unique=True)),
                ("new_record_id", models.BigIntegerField(null=True, unique=True)),
                (
                    "appeal_of",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appealed_by",
                        to="appeals.correctionrequest",
                    ),
                ),
                (
                    "decided_by_person",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="correction_requests",
                        to="people.person",
                    ),
                ),
                (
                    "shift",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="activities.shift",
                    ),
                ),
            ],
            options={
                "db_table": "correction_request",
                "indexes": [
                    models.Index(fields=["asker_ref", "-id"], name="correction_request_asker"),
                    models.Index(fields=["person", "-id"], name="correction_request_person"),
                    models.Index(
                        condition=models.Q(("state__in", ["open", "more_asked"])),
                        fields=["level", "due_on", "id"],
                        name="correction_request_waiting",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["open", "more_asked"])),
                        fields=("subject_ref", "asker_ref"),
                        name="correction_request_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["record", "missing", "deposit", "voucher", "star", "notice"])),
                        name="correction_request_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "voucher"), ("remedy__in", ["cancel", "excuse", "refund"])),
                            models.Q(("remedy", ""), models.Q(("kind", "voucher"), _negated=True)),
                            _connector="OR",
                        ),
                        name="correction_request_remedy",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("asked_from", None), ("asked_until", None)),
                            ("asked_until__gt", models.F("asked_from")),
                            _connector="OR",
                        ),
                        name="correction_request_times",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("asked_minutes", None),
                            models.Q(("asked_minutes__gte", 1), ("asked_minutes__lte", 1440)),
                            _connector="OR",
                        ),
                        name="correction_request_minutes",
                    ),
                    models.CheckConstraint(condition=models.Q(("level__in", [1, 2])), name="correction_request_level"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("appeal_of", None), ("escalated_at", None)), ("level", 2), _connector="OR"
                        ),
                        name="correction_request_second_level",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("days_left__isnull", False), ("state", "more_asked")),
                            models.Q(models.Q(("state", "more_asked"), _negated=True), ("days_left", None)),
                            _connector="OR",
                        ),
                        name="correction_request_clock",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at", None),
                                ("decided_by_person", None),
                                ("decided_by_ref", ""),
                                ("state__in", ["open", "more_asked", "withdrawn"]),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("state__in", ["granted", "partly", "refused"]),
                                models.Q(("decided_by_ref", ""), _negated=True),
                                models.Q(("answer", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="correction_request_decided_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["granted", "partly"]),
                            models.Q(("new_deposit_id", None), ("new_record_id", None), ("reversed_deposit_id", None)),
                            _connector="OR",
                        ),
                        name="correction_request_applied_if_granted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by_ref", ""),
                            models.Q(
                                models.Q(("decided_by_ref", models.F("asked_by_ref")), _negated=True),
                                models.Q(("decided_by_ref", models.F("asker_ref")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="correction_request_not_by_asker",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by_person", None),
                            models.Q(("decided_by_person", models.F("person")), _negated=True),
                            _connector="OR",
                        ),
                        name="correction_request_not_own_judge",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content_type", models.CharField(max_length=32)),
                ("size_bytes", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("path", models.CharField(max_length=120, unique=True)),
                ("added_by_ref", models.CharField(max_length=64)),
                ("added_at", models.DateTimeField()),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="appeals.correctionrequest",
                    ),
                ),
            ],
            options={
                "db_table": "correction_evidence",
                "constraints": [
                    models.UniqueConstraint(fields=("request", "sha256"), name="correction_evidence_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("content_type__in", ["image/jpeg", "image/png", "image/webp", "application/pdf"])
                        ),
                        name="correction_evidence_type",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("size_bytes__gte", 1), ("size_bytes__lte", 10485760)),
                        name="correction_evidence_size",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("set_aside", "The disputed hours were set aside until the answer"),
                            ("not_set_aside", "The disputed hours were spent already, so they could not be set aside"),
                            ("more_asked", "More was asked; the clock stands still"),
                            ("more_given", "More was added"),
                            ("left_open", "Left open for now"),
                            ("escalated", "Went one level up"),
                            ("overdue", "The answer is overdue"),
                            ("granted", "Granted"),
                            ("partly", "Partly granted"),
                            ("refused", "Not granted"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=16,
                    ),
                ),
                ("actor_ref", models.CharField(max_length=64)),
                ("actor_role", models.CharField(max_length=16)),
                ("text", xinshi.vault.fields.EncryptedTextField(blank=True, default="")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="appeals.correctionrequest",
                    ),
                ),
            ],
            options={
                "db_table": "correction_event",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("actor_role__in", ["asker", "station", "system", "coordinator", "administrator"])
                        ),
                        name="correction_event_role_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "what__in",
                                [
                                    "asked",
                                    "set_aside",
                                    "not_set_aside",
                                    "more_asked",
                                    "more_given",
                                    "left_open",
                                    "escalated",
                                    "overdue",
                                    "granted",
                                    "partly",
                                    "refused",
                                    "withdrawn",
                                ],
                            )
                        ),
                        name="correction_event_what_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actor_ref", models.CharField(max_length=64)),
                ("part", models.CharField(max_length=16)),
                (
                    "request",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="appeals.correctionrequest",
                    ),
                ),
            ],
            options={
                "db_table": "correction_part",
                "constraints": [
                    models.UniqueConstraint(fields=("request", "actor_ref"), name="correction_part_once"),
                ],
            },
        ),
        append_only("correction_event"),
        append_only("correction_part"),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
