"""What the demo hospital's hours are redeemed for, and who did so already."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Final

from xinshi.benefits.actions import create_benefit, fulfil, reserve
from xinshi.benefits.domain import NewBenefit, NewSlot, Period, Supply
from xinshi.benefits.models import Slot
from xinshi.demo.hospital import Hospital, Progress
from xinshi.demo.people import FIVE_STAR_MEMBER
from xinshi.kernel.actor import Actor, Role

HOUR: Final = 60
HEALTH_CHECK: Final = NewBenefit(
    name="健康体检",
    kind="health_check",
    supply=Supply.DATED,
    price_minutes=60 * HOUR,
    stars_min=3,
    place="体检中心",
    description="三星及以上志愿者可兑换一次全面体检，本人或亲属均可使用。请空腹前来。",
    handout="体检表一份，引导至体检中心前台",
    for_relatives=True,
    limit_pieces=1,
    limit_period=Period.YEAR,
    cancel_hours=24,
    no_show_max=2,
)
COUNTED: Final = (
    NewBenefit(name="专家门诊免费挂号", kind="registration", supply=Supply.STOCK, price_minutes=10 * HOUR, stock=60,
               stars_min=1, place="门诊部", description="凭券在门诊部服务台挂号一次。"),
    NewBenefit(name="职工食堂套餐", kind="meal", supply=Supply.STOCK, price_minutes=3 * HOUR, stock=200, pieces_max=5,
               budget_pieces=150, budget_period=Period.MONTH,
               place="职工食堂", description="午餐或晚餐一份。"),
    NewBenefit(name="停车券（当日）", kind="parking", supply=Supply.STOCK, price_minutes=2 * HOUR, stock=100,
               place="院区停车场", description="当日不限时停车一次。"),
    NewBenefit(name="《急救手册》", kind="book", supply=Supply.STOCK, price_minutes=6 * HOUR, stock=40,
               place="志愿服务站", description="急救基础知识图书一册。"),
)  # fmt: skip
COURSE: Final = NewBenefit(
    name="急救员培训名额",
    kind="course",
    supply=Supply.DATED,
    price_minutes=20 * HOUR,
    stars_min=2,
    place="技能培训中心",
    description="两天的急救员培训，合格者发证。",
)
HEALTH_CHECK_DAYS: Final = 28
REDEEMERS: Final = range(1, 25)
"""Indexes of regulars who have redeemed or reserved something."""


def offer_benefits(hospital: Hospital, system: Actor, *, progress: Progress) -> None:
    """The catalogue with its stock and days; the member's health check redeemed; some vouchers waiting at the desk."""
    coordinator, clerk = hospital.coordinator, hospital.actors[Role.CLERK]
    days = [hospital.today + timedelta(days=n) for n in range(HEALTH_CHECK_DAYS)]
    health_check = create_benefit(
        actor=coordinator,
        benefit=replace(HEALTH_CHECK, provider_id=hospital.organizations["门诊部"]),
        slots=[NewSlot(day=day, places=8) for day in days if day == hospital.today or day.weekday() in (1, 3)],
    )
    saturdays = [day for day in days if day.weekday() == 5 and day > hospital.today]
    create_benefit(
        actor=coordinator, benefit=COURSE, slots=[NewSlot(day=day, places=20, starts=time(9)) for day in saturdays]
    )
    counted = [create_benefit(actor=coordinator, benefit=benefit) for benefit in COUNTED]
    slots = list(Slot.objects.filter(benefit_id=health_check).order_by("day"))
    member = hospital.person_ids[FIVE_STAR_MEMBER]
    done = reserve(actor=system, benefit_id=health_check, slot_id=slots[0].pk, key="demo:member", person_id=member)
    fulfil(actor=clerk, voucher_id=done.voucher_id)
    for place, index in enumerate(REDEEMERS):
        person = hospital.person_ids[index]
        chosen = counted[place % len(counted)]
        voucher = reserve(actor=system, benefit_id=chosen, key=f"demo:{index}", person_id=person)
        if place % 3:
            fulfil(actor=clerk, voucher_id=voucher.voucher_id)
        progress(place + 1, len(REDEEMERS))
    reserve(
        actor=system, benefit_id=health_check, slot_id=slots[1].pk, key="demo:next", person_id=hospital.person_ids[1]
    )
