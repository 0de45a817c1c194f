"""What the archive's endpoints take and answer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Path, Query, Schema
from pydantic import Field

from xinshi.archive.availability import WEEKLY_MAX
from xinshi.archive.completeness import Item
from xinshi.archive.domain import Category
from xinshi.doors.api import NO_NUL

Identifier = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=200)]
Code = Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Short = Annotated[str, Field(max_length=60, pattern=NO_NUL)]
Long = Annotated[str, Field(max_length=120, pattern=NO_NUL)]
Reason = Annotated[str, Field(min_length=2, max_length=300, pattern=NO_NUL)]
Group = Literal["", "staff", "student", "citizen"]
Content = Literal["profiles", "insurance"]


class LimitsBody(Schema):
    """What somebody does not want or must not do; null: no bound of their own."""

    minutes_a_week_max: Annotated[int | None, Field(ge=30, le=10_080)] = None
    shifts_a_week_max: Annotated[int | None, Field(ge=1, le=50)] = None
    shifts_a_day_max: Annotated[int | None, Field(ge=1, le=10)] = None
    takes_nights: bool = True
    may_lift: bool = True


class ExceptionBody(Schema):
    """Days, both included, on which somebody cannot come, or (`is_free`) can come the whole day."""

    first: date
    last: date
    is_free: bool = False
    note: Annotated[str, Field(max_length=40, pattern=NO_NUL)] = ""


class ProfileOut(Schema):
    """`weekly`: 28 bits, weekday × 4 + quarter (0 night, 1 morning, 2 afternoon, 3 evening), null where not said."""

    person_id: int
    profession: str
    professional_title: str
    employer: str
    languages: list[str]
    skills: dict[str, int]
    interests: list[str]
    weekly: int | None
    exceptions: list[ExceptionBody]
    limits: LimitsBody
    sites: list[str] | None
    masked_emergency_name: str
    masked_emergency_phone: str
    has_health_remark: bool
    percent: int
    missing: list[Item]


class EmergencyIn(Schema):
    """All empty takes the contact away."""

    name: Annotated[str, Field(max_length=64, pattern=NO_NUL)] = ""
    phone: Annotated[str, Field(max_length=20, pattern=NO_NUL)] = ""
    relation: Literal["", "parent", "spouse", "child", "sibling", "friend", "other"] = ""


class ProfileIn(Schema):
    """Only what is given changes; null leaves a part as it is."""

    profession: Short | None = None
    professional_title: Short | None = None
    employer: Annotated[str, Field(max_length=100, pattern=NO_NUL)] | None = None
    languages: Annotated[list[Annotated[str, Field(max_length=20, pattern=NO_NUL)]], Field(max_length=12)] | None = None
    skills: Annotated[dict[Code, Annotated[int, Field(ge=1, le=3)]], Field(max_length=40)] | None = None
    interests: Annotated[list[Annotated[str, Field(max_length=4, pattern=NO_NUL)]], Field(max_length=30)] | None = None
    weekly: Annotated[int, Field(ge=0, le=WEEKLY_MAX)] | None = None
    limits: LimitsBody | None = None
    sites: Annotated[list[Code], Field(max_length=60)] | None = None
    emergency: EmergencyIn | None = None
    health_remark: Annotated[str, Field(max_length=500, pattern=NO_NUL)] | None = None


class ArchiveChangedOut(Schema):
    """The names of what changed."""

    changed: list[str]


class ArchiveLineOut(Schema):
    person_id: int
    name: str
    group: str
    masked_phone: str
    profession: str
    employer: str
    percent: int
    missing: list[Item]


class QualificationOut(Schema):
    """`standing`: submitted, verified, ending (within 90 days), ended, refused, revoked."""

    id: int
    person_id: int
    code: str
    name: str
    category: str
    standing: str
    masked_number: str
    issued_by: str
    issued_on: date
    expires_on: date | None
    submitted_at: datetime
    reason: str


class QualificationIn(Schema):
    """`is_seen`: the station has the original in its hands; then it counts at once. Proofs are added as files below."""

    kind_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    number: Short = ""
    issued_by: Annotated[str, Field(max_length=100, pattern=NO_NUL)] = ""
    issued_on: date
    expires_on: date | None = None
    is_seen: bool = False


class VerifyIn(Schema):
    """`expires_on` puts a wrong last day right."""

    expires_on: date | None = None


class WhyIn(Schema):
    reason: Reason


class CareOut(Schema):
    emergency_name: str
    emergency_phone: str
    emergency_relation: str
    health_remark: str


class KindOut(Schema):
    id: int
    code: str
    name: str
    category: str
    valid_months: int | None
    is_active: bool
    includes: list[str]
    holders: int


class KindIn(Schema):
    """A kind of qualification; `includes` are codes. Category and code of one that is there stay."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=NO_NUL)]
    name_en: Annotated[str, Field(max_length=80, pattern=NO_NUL)] = ""
    category: Category
    valid_months: Annotated[int | None, Field(ge=1, le=600)] = None
    includes: Annotated[list[Code], Field(max_length=60)] = []
    is_active: bool = True


class ListLineOut(Schema):
    code: str
    name: str


class ListLineIn(Schema):
    name: Annotated[str, Field(min_length=1, max_length=40, pattern=NO_NUL)]
    name_en: Short = ""
    address: Long = ""
    is_active: bool = True


class MadeOut(Schema):
    id: int


class PledgeOut(Schema):
    """The words in force."""

    id: int
    effective_from: date
    text: str
    text_en: str


class PledgeSignIn(Schema):
    """`text_id`: the words that were read."""

    text_id: Annotated[int, Field(ge=1, le=2**63 - 1)]


class PledgeTextIn(Schema):
    effective_from: date
    text: Annotated[str, Field(min_length=20, max_length=6_000, pattern=NO_NUL)]
    text_en: Annotated[str, Field(max_length=6_000, pattern=NO_NUL)] = ""


class SheetRejectionOut(Schema):
    row: int
    column: str
    message: str


class SheetReportOut(Schema):
    """Every row is changed, unchanged or rejected. `rejected_key` downloads the rejected rows for an hour."""

    rows: int
    changed: int
    unchanged: int
    rejected: list[SheetRejectionOut]
    rejected_key: str
    dry_run: bool


class ExportIn(Schema):
    form: Literal["xlsx", "csv"] = "xlsx"
    q: Annotated[str, Field(max_length=64, pattern=NO_NUL)] = ""
    group: Group = ""
    missing: Item | None = None
    is_whole: bool = False
    reason: Annotated[str, Field(max_length=200, pattern=NO_NUL)] = ""
