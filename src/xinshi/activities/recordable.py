"""What the norms do not let anybody record as volunteer service, said while it is still being planned; pure.

Sources: 志愿服务条例 (articles 2, 21, 25), 志愿服务记录与证明出具办法 (民政部令67) and the ministry's notes to it.
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from xinshi.activities.requirements import Requirements
from xinshi.kernel.errors import DomainError, gettext_noop

ALLOWANCE_YUAN_MAX: Final = 100
"""What one person may get a day for fares and meals; a setting names another figure (`XINSHI_ALLOWANCE_YUAN_MAX`)."""
RISKY_CATEGORIES: Final = frozenset({"0013", "3201"})
"""Emergency rescue and epidemic control: nobody is recruited for them without being told the risks."""
STAFF_GROUP: Final = "staff"
_BLOOD_FOR_HOURS: Final = re.compile(
    r"\d+\s*(?:毫升|ml)[^。；\n]{0,12}?\d+(?:\.\d+)?\s*(?:个)?(?:小时|时数)"
    r"|献血[^。；\n]{0,8}?(?:可?(?:兑换?|折算|换算?|抵)(?:成|为|取)?)[^。；\n]{0,8}?(?:小时|时长|时数)",
    re.IGNORECASE,
)
_MONEY_FOR_HOURS: Final = re.compile(r"捐(?:款|赠)?\s*\d+\s*元[^。；\n]{0,12}?\d+(?:\.\d+)?\s*(?:个)?(?:小时|时数)")
_COMPULSORY: Final = re.compile(r"(?<!不)(?<!非)(?:必须全员参加|强制参加|一律参加|不得缺席|缺席(?:者)?(?:扣|罚))")


class NotRecordable(DomainError):
    """Something that no hours may be recorded for; the sentence names the norm and what to do instead."""

    status = 422


class DutyInWorkingTime(NotRecordable):
    code = "duty_in_working_time"
    message = gettext_noop(
        "Staff are invited: declare that the service is outside their working time and no part of their duties. "
        "What staff do on duty is not recorded as service (order 67 of the Ministry of Civil Affairs)."
    )


class PaidService(NotRecordable):
    code = "paid_service"
    message = gettext_noop(
        "More than %(maximum)s yuan a day is pay and no subsidy for fares and meals; paid work is not volunteer service "
        "(Regulations on Volunteer Service, article 2). Lower the allowance, or hire people for it."
    )


class HoursForDonations(NotRecordable):
    code = "hours_for_donations"
    message = gettext_noop(
        "Blood, money and goods are thanked for in their own way and never turned into hours (order 67 of the Ministry "
        "of Civil Affairs). Enter the millilitres as an outcome; helping at the drive is service."
    )


class CompulsoryService(NotRecordable):
    code = "compulsory_service"
    message = gettext_noop(
        "Nobody is made to volunteer: what the institution orders is not recorded as service (Regulations on Volunteer "
        "Service, article 25). Invite people, and let them decline."
    )


class RisksMissing(DomainError):
    code = "risks_missing"
    message = gettext_noop(
        "Say which risks there may be before it is published: volunteers are told when they are recruited (Regulations on "
        "Volunteer Service, article 12). Dangerous service, emergency rescue and epidemic control always need it."
    )
    status = 422


class Planned(Protocol):
    """What of an activity decides here; `activities.domain.NewActivity` has it all."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def risks(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def is_dangerous(self) -> bool: ...
    @property
    def is_off_duty(self) -> bool: ...
    @property
    def allowance_yuan(self) -> int: ...
    @property
    def is_compulsory(self) -> bool: ...
    @property
    def rewards_donations(self) -> bool: ...


def recordable(planned: Planned, *, allowance_yuan_max: int = ALLOWANCE_YUAN_MAX) -> NotRecordable | None:
    """Why hours of what is planned could not be recorded; None where they can. Asked from the first draft on."""
    words = f"{planned.title}\n{planned.description}"
    if planned.allowance_yuan > allowance_yuan_max:
        return PaidService(maximum=allowance_yuan_max)
    if planned.rewards_donations or _BLOOD_FOR_HOURS.search(words) or _MONEY_FOR_HOURS.search(words):
        return HoursForDonations()
    if planned.is_compulsory or _COMPULSORY.search(words):
        return CompulsoryService()
    return None


def publishable(planned: Planned, *, is_for_staff: bool) -> DomainError | None:
    """What is still missing before volunteers may be invited; None where nothing is."""
    if (planned.is_dangerous or planned.category in RISKY_CATEGORIES) and not planned.risks.strip():
        return RisksMissing()
    if is_for_staff and not planned.is_off_duty:
        return DutyInWorkingTime()
    return None


def is_only_for_staff(requirements: Requirements) -> bool:
    """Whether a role invites the hospital's own staff and nobody else."""
    return requirements.groups == (STAFF_GROUP,)
