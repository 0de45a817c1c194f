"""What a session's row says, from its description; refused where there is no such course, or the trainer may not train."""

from __future__ import annotations

from typing import Any

from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.training.domain import NewSession, check_session
from xinshi.training.models import Course
from xinshi.training.queries.people import may_train


def session_values(new: NewSession, *, trained_by: int | None = None) -> dict[str, Any]:
    """`trained_by`: who trains so far, who may stay though they lead nobody any more."""
    check_session(new)
    if new.course_id is not None:
        course = Course.objects.filter(pk=new.course_id).first()
        if course is None:
            raise NotFound
    if new.trainer_id != trained_by and not may_train().filter(pk=new.trainer_id).exists():
        raise Invalid(
            field="trainer", reason=gettext_noop("Choose a leader, coordinator or administrator as the trainer.")
        )
    return {
        "course_id": new.course_id,
        "title": new.title.strip(),
        "topic": new.topic.strip()[:300],
        "place": new.place.strip()[:120],
        "starts_at": new.starts_at,
        "ends_at": new.ends_at,
        "trainer_id": new.trainer_id,
        "places": new.places,
        "reserve": new.reserve,
    }
