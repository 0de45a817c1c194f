"""Programmes and the hospital's own days for programs: the same actions as the pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router, Schema
from ninja.responses import Status
from pydantic import Field

from xinshi.activities.domain import DESCRIPTION_LENGTH_MAX
from xinshi.activities.fields import ID_MAX
from xinshi.activities.programmes import actions, queries
from xinshi.activities.programmes.actions import NAME_LENGTH_MAX, THEME_LENGTH_MAX, NewProgramme
from xinshi.activities.queries import programmes as offered_programmes
from xinshi.doors.api import NO_NUL, actor_of, idempotent

router = Router(tags=["activities"])
Identifier = Annotated[int, Path(ge=1, le=ID_MAX)]


class ProgrammeOut(Schema):
    id: int
    name: str
    theme: str


class ProgrammeIn(Schema):
    """`category`: a code of the national list or empty; `served_groups`: codes of whom it is for (服务对象)."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX, pattern=NO_NUL)]
    theme: Annotated[str, Field(max_length=THEME_LENGTH_MAX, pattern=NO_NUL)] = ""
    category: Annotated[str, Field(pattern=r"^(\d{4})?$")] = ""
    served_groups: Annotated[list[Annotated[str, Field(pattern=r"^\d{2}$")]], Field(max_length=20)] = []
    description: Annotated[str, Field(max_length=DESCRIPTION_LENGTH_MAX, pattern=NO_NUL)] = ""
    starts_on: date | None = None
    ends_on: date | None = None

    def as_new(self) -> NewProgramme:
        return NewProgramme(**{**self.dict(), "served_groups": tuple(self.served_groups)})


class ComingActivityOut(Schema):
    id: int
    title: str
    place: str
    next_at: datetime
    shifts: int


class ProgrammeDetailOut(Schema):
    """A programme with what was held under it: activities that are over, person-times and people who came."""

    id: int
    name: str
    theme: str
    category: str
    served_groups: list[str]
    description: str
    starts_on: date | None
    ends_on: date | None
    is_active: bool
    held: int
    person_times: int
    people: int
    coming: list[ComingActivityOut]


class OwnDayIn(Schema):
    """A day of every year that the hospital keeps."""

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]
    name_en: Annotated[str, Field(max_length=60, pattern=NO_NUL)] = ""
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]


class OwnDayOut(Schema):
    id: int
    name: str
    name_en: str
    month: int
    day: int


def _detail(request: HttpRequest, programme_id: int) -> ProgrammeDetailOut:
    found = queries.programme_page(actor_of(request), programme_id)
    row = found.row
    return ProgrammeDetailOut(
        id=row.pk,
        name=row.name,
        theme=row.theme,
        category=row.category,
        served_groups=row.served_groups.split(),
        description=row.description,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        is_active=row.is_active,
        held=found.held,
        person_times=found.person_times,
        people=found.people,
        coming=[
            ComingActivityOut(id=one.id, title=one.title, place=one.place, next_at=one.next_at, shifts=one.shifts)
            for one in found.coming
        ],
    )


@router.get("/programmes", response=list[ProgrammeOut])
def list_programmes(request: HttpRequest) -> list[ProgrammeOut]:
    """Programmes under which activities are held."""
    actor_of(request)
    return [ProgrammeOut(id=row.pk, name=row.name, theme=row.theme) for row in offered_programmes()]


@router.post("/programmes", response={201: ProgrammeDetailOut})
@idempotent
def create_a_programme(request: HttpRequest, payload: ProgrammeIn) -> Status[ProgrammeDetailOut]:
    """A new programme; coordinators and administrators."""
    made = actions.create_programme(actor=actor_of(request), programme=payload.as_new())
    return Status(201, _detail(request, made))


@router.get("/programmes/{programme_id}", response=ProgrammeDetailOut)
def show_a_programme(request: HttpRequest, programme_id: Identifier) -> ProgrammeDetailOut:
    """What it is, what was done under it, what is coming."""
    return _detail(request, programme_id)


@router.put("/programmes/{programme_id}", response=ProgrammeDetailOut)
@idempotent
def change_a_programme(request: HttpRequest, programme_id: Identifier, payload: ProgrammeIn) -> ProgrammeDetailOut:
    """Bring a programme to what is sent."""
    actions.change_programme(actor=actor_of(request), programme_id=programme_id, programme=payload.as_new())
    return _detail(request, programme_id)


@router.post("/programmes/{programme_id}/ending", response=ProgrammeDetailOut)
@idempotent
def end_a_programme(request: HttpRequest, programme_id: Identifier) -> ProgrammeDetailOut:
    """Nothing new is planned under it any more; what was held stays."""
    actions.end_programme(actor=actor_of(request), programme_id=programme_id)
    return _detail(request, programme_id)


@router.post("/programmes/{programme_id}/resumption", response=ProgrammeDetailOut)
@idempotent
def resume_a_programme(request: HttpRequest, programme_id: Identifier) -> ProgrammeDetailOut:
    """An ended programme goes on."""
    actions.resume_programme(actor=actor_of(request), programme_id=programme_id)
    return _detail(request, programme_id)


@router.get("/own-days", response=list[OwnDayOut])
def list_own_days(request: HttpRequest) -> list[OwnDayOut]:
    """The days that the hospital keeps, through the year."""
    actor_of(request)
    return [
        OwnDayOut(id=row.pk, name=row.name, name_en=row.name_en, month=row.month, day=row.day)
        for row in queries.own_days()
    ]


@router.put("/own-days", response=OwnDayOut)
@idempotent
def keep_an_own_day(request: HttpRequest, payload: OwnDayIn) -> OwnDayOut:
    """Keep a day every year; a name that is kept already gets its new date. Coordinators and administrators."""
    made = actions.keep_own_day(actor=actor_of(request), **payload.dict())
    return OwnDayOut(id=made, **payload.dict())


@router.delete("/own-days/{own_day_id}", response={204: None})
def drop_an_own_day(request: HttpRequest, own_day_id: Identifier) -> Status[None]:
    """The day is kept no more."""
    actions.drop_own_day(actor=actor_of(request), own_day_id=own_day_id)
    return Status(204, None)
