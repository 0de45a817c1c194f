"""Sessions face to face, places in them, certificates."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import xinshi.vault.fields


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_trace_known_numbers"),
        ("training", "0001_courses"),
    ]

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=16, unique=True)),
                ("issued_on", models.DateField()),
                ("expires_on", models.DateField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_by_ref", models.CharField(blank=True, default="", max_length=64)),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="certificates", to="people.person"
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="certificates", to="training.course"
                    ),
                ),
                (
                    "enrolment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="certificate", to="training.enrolment"
                    ),
                ),
            ],
            options={
                "db_table": "training_certificate",
                "indexes": [
                    models.Index(fields=["person", "-id"], name="training_certificate_person"),
                    models.Index(
                        condition=models.Q(("revoked_at", None)),
                        fields=["expires_on"],
                        name="training_certificate_ending",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), ("revoked_at", None), ("revoked_by_ref", "")),
                            models.Q(
                                ("revoked_at__isnull", False),
                                models.Q(("revoked_by_ref", ""), _negated=True),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="training_certificate_revoked_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("expires_on", None), ("expires_on__gte", models.F("issued_on")), _connector="OR"
                        ),
                        name="training_certificate_ends_after_issue",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=60)),
                ("topic", models.CharField(blank=True, default="", max_length=300)),
                ("place", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("places", models.PositiveIntegerField()),
                ("reserve", models.PositiveIntegerField(default=0)),
                ("taken", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("cancelled", "Cancelled")], default="open", max_length=9
                    ),
                ),
                ("cancel_reason", models.CharField(blank=True, default="", max_length=300)),
                ("minutes_text", xinshi.vault.fields.EncryptedTextField(blank=True, default="")),
                ("created_at", models.DateTimeField()),
                ("created_by_ref", models.CharField(max_length=64)),
                (
                    "course",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="training.course",
                    ),
                ),
                (
                    "trainer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="training_sessions",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "db_table": "training_session",
                "indexes": [
                    models.Index(fields=["starts_at", "id"], name="training_session_starts"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="training_session_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("taken__lte", models.F("places"))), name="training_session_not_overbooked"
                    ),
                    models.CheckConstraint(condition=models.Q(("places__gte", 1)), name="training_session_has_places"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "cancelled"])), name="training_session_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "cancelled"), _negated=True),
                            models.Q(("cancel_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="training_session_cancelled_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("confirmed", "Has a place"),
                            ("waiting", "Waits for a place"),
                            ("cancelled", "Given up"),
                        ],
                        max_length=9,
                    ),
                ),
                ("signed_up_at", models.DateTimeField()),
                ("source_ref", models.CharField(blank=True, default="", max_length=64)),
                ("cancelled_at", models.DateTimeField(null=True)),
                (
                    "presence",
                    models.CharField(
                        blank=True,
                        choices=[("", "Not marked yet"), ("present", "Came"), ("absent", "Did not come")],
                        default="",
                        max_length=7,
                    ),
                ),
                ("came_at", models.DateTimeField(null=True)),
                ("left_at", models.DateTimeField(null=True)),
                ("attended_minutes", models.PositiveIntegerField(default=0)),
                ("marked_by_ref", models.CharField(blank=True, default="", max_length=64)),
                ("reminded_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="training_places", to="people.person"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="signed_up", to="training.session"
                    ),
                ),
            ],
            options={
                "db_table": "training_place",
                "indexes": [
                    models.Index(fields=["person", "-id"], name="training_place_person"),
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["session", "id"],
                        name="training_place_waiting",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["confirmed", "waiting", "cancelled"])),
                        name="training_place_state_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "cancelled"), _negated=True),
                        fields=("session", "person"),
                        name="training_place_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            models.Q(("source_ref", ""), _negated=True), models.Q(("state", "cancelled"), _negated=True)
                        ),
                        fields=("source_ref",),
                        name="training_place_source_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("presence", ""),
                            models.Q(("state", "confirmed"), models.Q(("marked_by_ref", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="training_place_marked_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("came_at__isnull", False),
                                ("left_at__gte", models.F("came_at")),
                                ("presence", "present"),
                            ),
                            models.Q(
                                models.Q(("presence", "present"), _negated=True),
                                ("attended_minutes", 0),
                                ("came_at", None),
                                ("left_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="training_place_present_has_times",
                    ),
                ],
            },
        ),
    ]
