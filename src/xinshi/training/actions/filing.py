"""Pictures, films and papers of lessons."""

from __future__ import annotations

from typing import Final

from django.core.files.base import File
from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.training.access import require_manager
from xinshi.training.models import Course, Lesson, LessonFile
from xinshi.training.storing import StoredFile, stored

FILES_MAX: Final = 20


def add_file(*, actor: Actor, lesson_id: int, caption: str, upload: File[bytes]) -> int:
    """Add a file to a lesson; the caption says in words what it shows.

    It is stored before the transaction, and goes again where that fails.
    """
    require_manager(actor)
    caption = caption.strip()
    if not 0 < len(caption) <= 100:
        raise Invalid(field="caption", reason=gettext_noop("Say in 1 to 100 signs what it shows."))
    with stored(upload) as file:
        return _add(actor=actor, lesson_id=lesson_id, caption=caption, file=file)


@transaction.atomic
def _add(*, actor: Actor, lesson_id: int, caption: str, file: StoredFile) -> int:
    lesson = Lesson.objects.filter(pk=lesson_id, retired_at=None).first()
    if lesson is None:
        raise NotFound
    Course.objects.select_for_update().get(pk=lesson.course_id)
    current = LessonFile.objects.filter(lesson=lesson, removed_at=None)
    if current.filter(sha256=file.sha256).exists():
        raise Invalid(field="file", reason=gettext_noop("This file belongs to the lesson already."))
    if current.count() >= FILES_MAX:
        raise Invalid(field="file", reason=gettext_noop("A lesson has at most 20 files. Remove one first."))
    made = LessonFile.objects.create(
        lesson=lesson,
        caption=caption,
        content_type=file.content_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        path=file.path,
        added_at=clock.now(),
        added_by_ref=actor.reference,
    )
    record(
        actor=actor, action="training.add_file", object_ref=f"course:{lesson.course_id}", file=made.pk, lesson=lesson.pk
    )
    return made.pk


@transaction.atomic
def remove_file(*, actor: Actor, file_id: int) -> None:
    """Show it no more; it stays in the storage, as what learners once saw."""
    require_manager(actor)
    found = LessonFile.objects.select_related("lesson").filter(pk=file_id, removed_at=None).first()
    if found is None:
        raise NotFound
    LessonFile.objects.filter(pk=file_id, removed_at=None).update(removed_at=clock.now())
    record(actor=actor, action="training.remove_file", object_ref=f"course:{found.lesson.course_id}", file=file_id)
