"""What a session's row says, from its description; refused where course or trainer are not there."""

from __future__ import annotations

from typing import Any

from xinshi.kernel.errors import Invalid, NotFound, gettext_noop
from xinshi.people.models import Person
from xinshi.training.domain import NewSession, check_session
from xinshi.training.models import Course


def session_values(new: NewSession) -> dict[str, Any]:
    check_session(new)
    if new.course_id is not None:
        course = Course.objects.filter(pk=new.course_id).first()
        if course is None:
            raise NotFound
    if not Person.objects.filter(pk=new.trainer_id, erased_at=None, merged_into=None).exists():
        raise Invalid(field="trainer", reason=gettext_noop("Choose somebody in the archive as the trainer."))
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
