"""What the demo hospital's volunteers can do and when: kinds, qualifications, profiles, some that wait or run out."""

from __future__ import annotations

import random
import struct
import zlib
from datetime import date, timedelta
from typing import Final

from xinshi.archive.actions import (
    add_exception,
    ensure_kinds,
    enter_profiles,
    grant_many,
    publish_pledge_text,
    remind_holders,
    save_line,
    submit,
)
from xinshi.archive.availability import AvailabilityException, weekly_of
from xinshi.archive.domain import INSURANCE, PLEDGE, Category, Grant, Limits, NewKind
from xinshi.archive.profile import Emergency, Health, OwnLimits, Part, Sites, Skills, Times, Work
from xinshi.demo.hospital import SEED, Hospital, Progress
from xinshi.demo.people import FIVE_STAR_MEMBER
from xinshi.kernel.actor import Actor, Role
from xinshi.people.models import Person

KINDS: Final = (
    NewKind(code="first-aid", name="急救员证", name_en="First aider", category=Category.CERTIFICATE, valid_months=36),
    NewKind(code="nurse", name="护士执业证", name_en="Nurse's licence", category=Category.LICENCE, valid_months=60,
            includes=("first-aid",)),
    NewKind(code="doctor", name="医师资格证", name_en="Doctor's licence", category=Category.LICENCE,
            includes=("first-aid",)),
    NewKind(code="counsellor", name="心理咨询师", name_en="Psychological counsellor", category=Category.CERTIFICATE),
    NewKind(code="sign-language", name="手语翻译证", name_en="Sign language interpreter", category=Category.CERTIFICATE),
    NewKind(code="driver", name="驾驶证", name_en="Driving licence", category=Category.LICENCE, valid_months=72),
    NewKind(code="health", name="健康证明", name_en="Health certificate", category=Category.HEALTH, valid_months=12),
    NewKind(code="course-onboarding", name="岗前培训", name_en="Onboarding", category=Category.COURSE, valid_months=12),
    NewKind(code=INSURANCE, name="志愿者意外伤害保险", name_en="Volunteers' accident insurance",
            category=Category.INSURANCE, valid_months=12),
    NewKind(code=PLEDGE, name="志愿服务承诺", name_en="Volunteer's pledge", category=Category.PLEDGE),
)  # fmt: skip
SKILLS: Final = (
    ("first-aid", "急救", "First aid"),
    ("sign-language", "手语", "Sign language"),
    ("mandarin", "普通话", "Mandarin"),
    ("english", "英语", "English"),
    ("psychology", "心理", "Psychology"),
    ("photography", "摄影", "Photography"),
    ("nursing", "护理", "Nursing"),
    ("nutrition", "营养", "Nutrition"),
    ("calligraphy", "书法", "Calligraphy"),
    ("computer", "计算机", "Computers"),
)
SITES: Final = (
    ("main", "本部院区", "Main campus", "东湖路1号"),
    ("east", "东湖院区", "East Lake campus", "东湖大道88号"),
    ("north", "北港院区", "North Harbour campus", "北港路16号"),
    ("community", "社区服务点", "Community points", "东湖、西山、南城各街道"),
    ("schools", "校园服务点", "School points", "示范大学、示范师范学院"),
)
WORK: Final = {
    "staff": (("护士", "主管护师"), ("护士", "护师"), ("医师", "主治医师"), ("医师", "副主任医师"), ("药师", "主管药师"),
              ("检验技师", "初级技师"), ("行政职员", ""), ("康复治疗师", "中级")),
    "student": (("学生", ""), ("护理专业学生", ""), ("临床医学专业学生", ""), ("社会工作专业学生", "")),
    "citizen": (("教师", "中学一级教师"), ("退休教师", ""), ("公司职员", ""), ("司机", ""), ("社区工作者", "助理社会工作师"),
                ("退休工人", ""), ("个体经营者", ""), ("会计", "中级会计师")),
}  # fmt: skip
EMPLOYERS: Final = {
    "staff": ("示范市中心医院",),
    "student": ("示范大学", "示范医学院", "示范师范学院", "示范职业技术学院"),
    "citizen": ("示范市第三中学", "东湖街道办事处", "示范公交集团", "西山区图书馆", "云溪县税务局", ""),
}
LANGUAGES: Final = ("普通话", "英语", "本地方言", "粤语", "日语", "手语")
PLEDGE_TEXT: Final = (
    "我自愿成为一名医院志愿者，并郑重承诺：\n\n"
    "一、尊重每一位患者和家属，态度和蔼，言语得体，不歧视任何人。\n\n"
    "二、严守患者隐私，不打听、不记录、不传播病情，不拍摄患者影像。\n\n"
    "三、遵守医院规章和感染防控要求，只做岗位说明以内的事，不代替医务人员诊疗。\n\n"
    "四、不收取任何报酬、礼品，不推销商品，不以志愿者身份谋取私利。\n\n"
    "五、守时守信，因故不能参加时提前告知，或请人接替。"
)
PLEDGE_TEXT_EN: Final = (
    "I volunteer for the hospital of my own free will, and promise:\n\n"
    "1. I respect every patient and their family.\n\n"
    "2. I keep what I see and hear to myself, and take no pictures of patients.\n\n"
    "3. I follow the hospital's rules, do only what my role says, and never act in the place of medical staff.\n\n"
    "4. I take no pay and no gifts, and sell nothing.\n\n"
    "5. I come on time; when I cannot come, I say so early or find a stand-in."
)
PROFILED: Final = 0.72
RARER: Final[tuple[tuple[str, float, tuple[int | None, ...], str], ...]] = (
    ("counsellor", 0.05, (None,), "示范市心理学会"),
    ("sign-language", 0.03, (None,), "示范市残疾人联合会"),
    ("driver", 0.15, (60, 400, 900), "示范市公安局"),
    ("health", 0.10, (15, 50, 100), "示范市疾病预防控制中心"),
)
"""Code, share of people who have it, days until it ends, who issued it."""
EXAM_WEEK_STUDENTS: Final = range(60, 90)
WAITING: Final = (20, 21, 22, 23)
"""Indexes of who has handed something in that waits for the check."""


def fill_archive(hospital: Hospital, system: Actor, *, progress: Progress) -> None:
    """Kinds, lists, the pledge; qualifications and profiles of a realistic share; four that wait for the check."""
    dice = random.Random(SEED + 5)  # noqa: S311  # Invention, not cryptography; its own, so that others' draws stay.
    kinds = ensure_kinds(actor=system, kinds=KINDS)
    for code, name, name_en in SKILLS:
        save_line(actor=system, table="skill", code=code, name=name, name_en=name_en)
    for code, name, name_en, address in SITES:
        save_line(actor=system, table="site", code=code, name=name, name_en=name_en, address=address)
    publish_pledge_text(actor=system, effective_from=hospital.today, text=PLEDGE_TEXT, text_en=PLEDGE_TEXT_EN)
    people = Person.objects.in_bulk(hospital.person_ids)
    rows = [people[pk] for pk in hospital.person_ids]
    work = [dice.choice(WORK[person.group]) for person in rows]
    work[FIVE_STAR_MEMBER] = ("护士", "主管护师")
    progress(1, 4)
    grants = [
        grant
        for index, person in enumerate(rows)
        for grant in _grants(dice, index, person, work[index][0], hospital.today)
    ]
    grant_many(actor=system, grants=grants)
    progress(2, 4)
    profiles = {
        person.pk: _parts(dice, index, person, work[index])
        for index, person in enumerate(rows)
        if index == FIVE_STAR_MEMBER or dice.random() < PROFILED
    }
    enter_profiles(actor=system, profiles=profiles)
    progress(3, 4)
    _exceptions(hospital, rows)
    _hand_in(hospital, kinds, rows)
    remind_holders(actor=system)
    progress(4, 4)


def _grants(dice: random.Random, index: int, person: Person, profession: str, today: date) -> list[Grant]:
    """What somebody has; a few of everything run out within weeks."""
    is_member = index == FIVE_STAR_MEMBER
    left = 200 if is_member else dice.choice((26, 120, 200, 300))
    held: list[tuple[str, int, int | None, str, str]] = []
    if is_member or dice.random() < 0.93:
        held.append((PLEDGE, dice.randint(40, 700), None, "", "志愿服务站"))
    if is_member or dice.random() < 0.9:
        held.append(("course-onboarding", dice.randint(30, 360), dice.randint(200, 365), "", "志愿服务站"))
    if is_member or dice.random() < 0.85:
        held.append((INSURANCE, 365 - left, left - 1, f"PA2026{index:06d}", "示范财产保险"))
    held += _by_profession(dice, index, profession)
    for code, share, days_left, issued_by in RARER:
        if dice.random() < share:
            number = f"{code[:2].upper()}{index:08d}"
            held.append((code, dice.randint(20, 250), dice.choice(days_left), number, issued_by))
    return [
        Grant(
            person_id=person.pk,
            code=code,
            issued_on=today - timedelta(days=days_ago),
            expires_on=None if days_left is None else today + timedelta(days=days_left),
            number=number,
            issued_by=issued_by,
            source_ref=f"demo:{code}:{person.pk}",
        )
        for code, days_ago, days_left, number, issued_by in held
    ]


def _by_profession(dice: random.Random, index: int, profession: str) -> list[tuple[str, int, int | None, str, str]]:
    """Code, days since it was issued, days until it ends, number, issuer."""
    commission = "示范市卫生健康委员会"
    if profession == "护士":
        left = 23 if dice.random() < 0.03 else dice.randint(200, 1_300)
        return [("nurse", 500, left, f"2012{index:011d}", commission)]
    if profession == "医师":
        return [("doctor", dice.randint(900, 6_000), None, f"2010{index:011d}", commission)]
    if dice.random() < 0.12:
        left = dice.choice((6, 28, 85, 190, 400))
        return [("first-aid", dice.randint(100, 900), left, f"JJ{index:08d}", "示范市红十字会")]
    return []


def _parts(dice: random.Random, index: int, person: Person, work: tuple[str, str]) -> list[Part]:
    """A profile, whole for the member and about half of the others."""
    is_member = index == FIVE_STAR_MEMBER
    codes = {name: code for code, name, _ in SKILLS}
    levels = {codes[name]: dice.choice((1, 2, 2, 3)) for name in person.skills}
    if is_member:
        levels |= {"nursing": 3, "first-aid": 3}
    profession, title = work
    parts: list[Part] = [
        Work(
            profession=profession,
            professional_title=title,
            employer=dice.choice(EMPLOYERS[person.group]),
            languages=("普通话", *dice.sample(LANGUAGES[1:], dice.choice((0, 1, 1, 2)))),
        ),
        Skills(levels=levels, interests=tuple(person.service_categories)),
    ]
    if is_member or dice.random() < 0.8:
        parts.append(Times(weekly=_week(dice, person.group)))
    if is_member or dice.random() < 0.6:
        parts.append(
            OwnLimits(
                limits=Limits(
                    minutes_a_week_max=2_400 if is_member else dice.choice((None, 240, 360, 480, 600)),
                    shifts_a_week_max=None if is_member else dice.choice((None, None, 2, 3, 4)),
                    takes_nights=is_member or dice.random() < 0.3,
                    may_lift=is_member or dice.random() < 0.85,
                )
            )
        )
    if is_member or dice.random() < 0.6:
        parts.append(Sites(codes=("main", *dice.sample([code for code, *_ in SITES[1:]], dice.choice((1, 2, 3))))))
    if is_member or dice.random() < 0.65:
        relation = dice.choice(("parent", "spouse", "child", "sibling"))
        parts.append(
            Emergency(name=person.name[0] + dice.choice("平安康宁"), phone=f"1990001{index:04d}", relation=relation)
        )
    if dice.random() < 0.03:
        parts.append(Health(remark=dice.choice(("青霉素过敏", "膝关节术后，不宜久站", "低血糖，随身带糖"))))
    return parts


def _week(dice: random.Random, group: str) -> int:
    """Staff after work and at weekends, students between courses, citizens mostly on workdays."""
    weekend = [(day, quarter) for day in (5, 6) for quarter in (1, 2)]
    workdays = [(day, quarter) for day in range(5) for quarter in (1, 2)]
    evenings = [(day, 3) for day in range(5)]
    pool = {"staff": weekend + evenings, "student": weekend + workdays, "citizen": workdays + weekend}[group]
    return weekly_of(dice.sample(pool, dice.randint(3, min(8, len(pool)))))


def _exceptions(hospital: Hospital, rows: list[Person]) -> None:
    """An exam week of some students."""
    first = hospital.today + timedelta(days=14)
    week = AvailabilityException(first, first + timedelta(days=6), note="考试周")
    for index in EXAM_WEEK_STUDENTS:
        if rows[index].group == "student":
            add_exception(actor=hospital.coordinator, person_id=rows[index].pk, exception=week)


def _hand_in(hospital: Hospital, kinds: dict[str, int], rows: list[Person]) -> None:
    """Four people have handed something in; each photo is a plain sheet."""
    for place, index in enumerate(WAITING):
        person_id = rows[index].pk
        actor = Actor(reference=f"person:{person_id}", person_id=person_id, roles=frozenset({Role.VOLUNTEER}))
        submit(
            actor=actor,
            person_id=person_id,
            kind_id=kinds[("driver", "health", "counsellor", "driver")[place]],
            number=f"990100{index:08d}",
            issued_by="示范市公安局" if place % 3 == 0 else "示范市疾病预防控制中心",
            issued_on=hospital.today - timedelta(days=40 + place),
            expires_on=None,
            proofs=[_sheet(220 - place * 12)],
        )


def _sheet(grey: int) -> bytes:
    """A grey PNG of 320 × 200, drawn here: no picture of a real licence comes with the program."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + bytes([grey]) * 320 for _ in range(200))
    head = struct.pack(">IIBBBBB", 320, 200, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
