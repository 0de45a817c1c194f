"""Insurance for many at once: policy number, from, until; each becomes a verified qualification."""

from __future__ import annotations

import hashlib
from datetime import date

from django.db import transaction
from django.utils.translation import gettext

from xinshi.archive.access import require_keeper
from xinshi.archive.actions.granting import grant_many
from xinshi.archive.domain import INSURANCE, Grant
from xinshi.archive.models import Qualification, QualificationKind
from xinshi.archive.sheets.columns import EXAMPLE_INSURANCE, INSURANCE_TITLES
from xinshi.archive.sheets.rows import (
    PREVIEW_ROWS,
    Row,
    SheetReport,
    find_people,
    read_rows,
    rejected_workbook,
    rejections,
)
from xinshi.audit.actions import record
from xinshi.documents.workbook import write_workbook
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, gettext_noop

POLICY_MISSING = gettext_noop("The policy number is missing, or longer than 60 signs.")
DAY_UNREADABLE = gettext_noop("Write the day like 2026-01-31.")
ENDS_FIRST = gettext_noop("The insurance ends before it begins.")
IS_OVER = gettext_noop("This insurance is over already.")
TOO_FAR = gettext_noop("An insurance begins within a year and lasts at most ten years. Check the days.")
REQUIRED = ("policy", "starts_on", "ends_on")


class InsuranceKindMissing(DomainError):
    code = "insurance_kind_missing"
    message = gettext_noop('There is no kind of qualification with the code "insurance" yet. Create it first.')


def import_insurance(*, actor: Actor, data: bytes, file_name: str, dry_run: bool = False) -> SheetReport:
    """Everybody in the spreadsheet is insured from and until the days of their row; sending it again changes nothing."""
    require_keeper(actor)
    if not QualificationKind.objects.filter(code=INSURANCE).exists():
        raise InsuranceKindMissing
    rows = read_rows(data, file_name=file_name, required=REQUIRED)
    find_people(rows, once=False)
    grants: dict[str, Grant] = {}
    preview: list[tuple[int, str, str]] = []
    today = clock.today()
    for row in rows:
        grant = _grant(row, today)
        if grant is not None:
            grants.setdefault(grant.source_ref, grant)
            if len(preview) < PREVIEW_ROWS:
                preview.append((row.number, row.text("name"), _in_words(grant)))
    good = sum(not row.faults for row in rows)
    known = _known(list(grants))
    with transaction.atomic():
        if not dry_run:
            new = grant_many(actor=actor, grants=list(grants.values()))
            record(
                actor=actor,
                action="archive.import_insurance",
                object_ref=f"file:{hashlib.sha256(data).hexdigest()[:32]}",
                rows=len(rows),
                granted=new,
            )
        else:
            new = len(grants) - known
    return SheetReport(
        rows=len(rows),
        changed=new,
        unchanged=good - new,
        rejected=rejections(rows),
        first_rows=preview,
        rejected_workbook=rejected_workbook(rows),
    )


def empty_insurance_template() -> bytes:
    return write_workbook(sheet_name="志愿者保险", headers=list(INSURANCE_TITLES.values()), rows=[EXAMPLE_INSURANCE])


def _grant(row: Row, today: date) -> Grant | None:
    policy = row.text("policy")
    if not 1 <= len(policy) <= 60 or policy.startswith("#"):
        row.fail("policy", POLICY_MISSING)
    starts, ends = _day(row, "starts_on"), _day(row, "ends_on")
    if starts and ends and ends < starts:
        row.fail("ends_on", ENDS_FIRST)
    elif ends and ends < today:
        row.fail("ends_on", IS_OVER)
    elif starts and ends and ((starts - today).days > 366 or (ends - starts).days > 3_660 or starts.year < 2000):
        row.fail("starts_on", TOO_FAR)
    if row.faults or starts is None or ends is None:
        return None
    mark = hashlib.sha256(policy.upper().encode()).hexdigest()[:24]
    return Grant(
        person_id=row.person_id,
        code=INSURANCE,
        issued_on=starts,
        expires_on=ends,
        number=policy,
        issued_by=row.text("insurer")[:100],
        source_ref=f"insurance:{mark}:{row.person_id}:{starts.isoformat()}",
    )


def _day(row: Row, name: str) -> date | None:
    typed = row.text(name).replace("/", "-").replace(".", "-").replace("年", "-").replace("月", "-").rstrip("日")
    parts = typed.split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        row.fail(name, DAY_UNREADABLE)
        return None


def _known(refs: list[str]) -> int:
    """How many of these were granted before."""
    return sum(
        Qualification.objects.filter(source_ref__in=refs[start : start + 500]).count()
        for start in range(0, len(refs), 500)
    )


def _in_words(grant: Grant) -> str:
    days = {"first": grant.issued_on.isoformat(), "last": str(grant.expires_on)}
    return gettext("insured from %(first)s until %(last)s") % days
