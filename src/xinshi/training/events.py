"""What training tells higher rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xinshi.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePassed(Event):
    """`qualification` is the code that was granted; empty where the course gives none."""

    name: ClassVar[str] = "training.course_passed"
    enrolment_id: int
    course_id: int
    person_id: int
    qualification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRevoked(Event):
    name: ClassVar[str] = "training.certificate_revoked"
    certificate_id: int
    course_id: int
    person_id: int
