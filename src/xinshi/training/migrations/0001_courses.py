"""Courses, lessons, questions, who takes them, tries of the quiz."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("archive", "0001_initial"),
        ("people", "0003_trace_known_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="QuizResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answers", models.JSONField()),
                ("right_count", models.PositiveSmallIntegerField()),
                ("question_count", models.PositiveSmallIntegerField()),
                ("is_passed", models.BooleanField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "quiz_result",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("question_count__gte", 1), ("right_count__lte", models.F("question_count"))
                        ),
                        name="quiz_result_counts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Course",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("title", models.CharField(max_length=60)),
                ("title_en", models.CharField(blank=True, default="", max_length=100)),
                ("summary", models.CharField(blank=True, default="", max_length=300)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("1", "General training"),
                            ("2", "Training for a post"),
                            ("3", "Professional training"),
                        ],
                        max_length=1,
                    ),
                ),
                ("way", models.CharField(choices=[("1", "Remote"), ("2", "Face to face")], max_length=1)),
                ("provider", models.CharField(max_length=100)),
                ("study_minutes", models.PositiveIntegerField()),
                ("wants_lessons", models.BooleanField(default=True)),
                ("wants_quiz", models.BooleanField(default=True)),
                ("wants_session", models.BooleanField(default=False)),
                ("wants_practical", models.BooleanField(default=False)),
                ("pass_percent", models.PositiveSmallIntegerField(default=80)),
                ("questions_per_try", models.PositiveSmallIntegerField(default=5)),
                ("tries_max", models.PositiveSmallIntegerField(default=5)),
                ("wait_minutes", models.PositiveIntegerField(default=10)),
                ("valid_months", models.PositiveSmallIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("open", "Open"), ("closed", "Closed")],
                        default="draft",
                        max_length=6,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("created_by_ref", models.CharField(max_length=64)),
                (
                    "qualification",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="courses",
                        to="archive.qualificationkind",
                    ),
                ),
                (
                    "renews",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renewals",
                        to="training.course",
                    ),
                ),
            ],
            options={
                "db_table": "course",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("kind__in", ["1", "2", "3"])), name="course_kind_known"),
                    models.CheckConstraint(condition=models.Q(("way__in", ["1", "2"])), name="course_way_known"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "open", "closed"])), name="course_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pass_percent__gte", 1), ("pass_percent__lte", 100)),
                        name="course_pass_percent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("questions_per_try__gte", 1), ("tries_max__gte", 1)),
                        name="course_quiz_numbers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("wants_lessons", True),
                            ("wants_quiz", True),
                            ("wants_session", True),
                            ("wants_practical", True),
                            _connector="OR",
                        ),
                        name="course_asks_for_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("renews", None), models.Q(("renews", models.F("id")), _negated=True), _connector="OR"
                        ),
                        name="course_renews_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("extra_tries", models.PositiveSmallIntegerField(default=0)),
                ("practical_passed_at", models.DateTimeField(null=True)),
                ("practical_by_ref", models.CharField(blank=True, default="", max_length=64)),
                ("passed_at", models.DateTimeField(null=True)),
                ("credited_minutes", models.PositiveIntegerField(default=0)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="enrolments", to="training.course"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="course_enrolments",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "db_table": "course_enrolment",
                "indexes": [
                    models.Index(fields=["course", "passed_at", "id"], name="course_enrolment_course"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("passed_at", None)),
                        fields=("person", "course"),
                        name="course_enrolment_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("passed_at__isnull", False), ("credited_minutes", 0), _connector="OR"),
                        name="course_enrolment_credited_if_passed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("practical_by_ref", ""), ("practical_passed_at", None)),
                            models.Q(
                                ("practical_passed_at__isnull", False),
                                models.Q(("practical_by_ref", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="course_enrolment_judged_by_whom",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lesson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("title", models.CharField(max_length=60)),
                ("text", models.TextField()),
                ("minutes", models.PositiveSmallIntegerField(default=5)),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lessons", to="training.course"
                    ),
                ),
            ],
            options={
                "db_table": "lesson",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at", None)),
                        fields=("course", "position"),
                        name="lesson_position_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title", ""), _negated=True), models.Q(("text", ""), _negated=True)
                        ),
                        name="lesson_says_something",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LessonDone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "enrolment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lessons_done",
                        to="training.enrolment",
                    ),
                ),
                (
                    "lesson",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="training.lesson",
                    ),
                ),
            ],
            options={
                "db_table": "lesson_done",
                "constraints": [
                    models.UniqueConstraint(fields=("enrolment", "lesson"), name="lesson_done_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LessonFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caption", models.CharField(max_length=100)),
                ("content_type", models.CharField(max_length=32)),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("path", models.CharField(max_length=120, unique=True)),
                ("added_at", models.DateTimeField()),
                ("added_by_ref", models.CharField(max_length=64)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "lesson",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="training.lesson"
                    ),
                ),
            ],
            options={
                "db_table": "lesson_file",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "content_type__in",
                                ["image/jpeg", "image/png", "image/webp", "application/pdf", "video/mp4", "video/webm"],
                            )
                        ),
                        name="lesson_file_type",
                    ),
                    models.CheckConstraint(condition=models.Q(("size_bytes__gte", 1)), name="lesson_file_not_empty"),
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)), fields=("lesson", "sha256"), name="lesson_file_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("single", "One answer"),
                            ("multiple", "Several answers"),
                            ("true_false", "True or false"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.CharField(max_length=300)),
                ("options", models.JSONField(default=list)),
                ("right", models.JSONField()),
                ("explanation", models.CharField(blank=True, default="", max_length=500)),
                ("created_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(null=True)),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="questions", to="training.course"
                    ),
                ),
            ],
            options={
                "db_table": "question",
                "indexes": [
                    models.Index(
                        condition=models.Q(("retired_at", None)), fields=["course", "id"], name="question_of_course"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["single", "multiple", "true_false"])),
                        name="question_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuizAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_right", models.BooleanField()),
                (
                    "question",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="training.question",
                    ),
                ),
                (
                    "result",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judged",
                        to="training.quizresult",
                    ),
                ),
            ],
            options={
                "db_table": "quiz_answer",
                "indexes": [
                    models.Index(fields=["question", "is_right"], name="quiz_answer_question"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("result", "question"), name="quiz_answer_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuizTry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("seed", models.PositiveIntegerField()),
                ("drawn", models.JSONField()),
                ("drawn_at", models.DateTimeField()),
                (
                    "enrolment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tries",
                        to="training.enrolment",
                    ),
                ),
            ],
            options={
                "db_table": "quiz_try",
                "constraints": [
                    models.UniqueConstraint(fields=("enrolment", "number"), name="quiz_try_number_once"),
                ],
            },
        ),
        migrations.AddField(
            model_name="quizresult",
            name="quiz_try",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="result", to="training.quiztry"
            ),
        ),
    ]
