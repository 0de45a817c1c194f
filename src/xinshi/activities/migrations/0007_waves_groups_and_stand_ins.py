"""Waves and quotas, places held for groups, searches for a stand-in, reminders on the sign-up."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0006_programmes_requests_patterns_feeds"),
        ("organizations", "0002_teams"),
        ("people", "0003_trace_known_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="StandInSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("found", "Found"), ("ended", "Ended")], default="open", max_length=5
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("begun_at", models.DateTimeField()),
                ("begun_by_ref", models.CharField(max_length=64)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "signup",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="searches",
                        to="activities.signup",
                    ),
                ),
            ],
            options={
                "db_table": "stand_in_search",
                "indexes": [
                    models.Index(fields=["signup"], name="stand_in_search_signup"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("signup",), name="stand_in_search_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state", "open")),
                            models.Q(models.Q(("state", "open"), _negated=True), ("ended_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="stand_in_search_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StandInAsk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("lapsed", "Lapsed"),
                        ],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("answer_until", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "search",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="asks",
                        to="activities.standinsearch",
                    ),
                ),
            ],
            options={
                "db_table": "stand_in_ask",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "asked")), fields=["answer_until"], name="stand_in_ask_due"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("search", "person"), name="stand_in_ask_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "accepted")), fields=("search",), name="stand_in_ask_one_yes"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Wave",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("opens_at", models.DateTimeField()),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("everybody", "Everybody"),
                            ("seldom", "Who had few shifts in the last 30 days"),
                            ("newcomers", "Who has not served yet"),
                            ("members", "Members of one organisation"),
                        ],
                        max_length=9,
                    ),
                ),
                ("below_shifts", models.PositiveSmallIntegerField(null=True)),
                ("places", models.PositiveIntegerField(null=True)),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="waves", to="activities.activity"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "db_table": "activity_wave",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("audience__in", ["everybody", "seldom", "newcomers", "members"])),
                        name="wave_audience_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "seldom"), ("below_shifts__gte", 1)),
                            models.Q(models.Q(("audience", "seldom"), _negated=True), ("below_shifts", None)),
                            _connector="OR",
                        ),
                        name="wave_seldom_says_how_few",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "members"), ("organization__isnull", False)),
                            models.Q(models.Q(("audience", "members"), _negated=True), ("organization", None)),
                            _connector="OR",
                        ),
                        name="wave_members_of_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("places", None), ("places__gte", 1), _connector="OR"),
                        name="wave_has_places",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="signup",
            name="comes_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="signup",
            name="reminded_minutes",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.CreateModel(
            name="PlaceHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group_key", models.CharField(max_length=32, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("places", models.PositiveIntegerField()),
                ("held_at", models.DateTimeField()),
                ("held_by_ref", models.CharField(max_length=64)),
                ("name_until", models.DateTimeField()),
                (
                    "held_for",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
                (
                    "shift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="place_holds", to="activities.shift"
                    ),
                ),
            ],
            options={
                "db_table": "place_hold",
                "indexes": [
                    models.Index(condition=models.Q(("places__gt", 0)), fields=["name_until"], name="place_hold_due"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Quota",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("places", models.PositiveIntegerField()),
                ("kept_until", models.DateTimeField(null=True)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organizations.organization"
                    ),
                ),
                (
                    "shift",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quotas",
                        to="activities.shift",
                    ),
                ),
            ],
            options={
                "db_table": "shift_quota",
                "constraints": [
                    models.UniqueConstraint(fields=("shift", "organization"), name="quota_once"),
                ],
            },
        ),
        migrations.AddField(
            model_name="signup",
            name="quota",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="signups", to="activities.quota"
            ),
        ),
        migrations.AddIndex(
            model_name="signup",
            index=models.Index(
                condition=models.Q(("state", "offered")), fields=["offered_until"], name="signup_offer_due"
            ),
        ),
    ]
