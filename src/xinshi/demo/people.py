"""Invented people: plausible names, impossible identity numbers (no place has the code 99xxxx)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from xinshi.people.domain import id_check_sign

ACCOUNTS: Final = 3_864
FIVE_STAR_MEMBER: Final = 0
"""Index of the member with 1,110 hours."""

FAMILY_NAMES: Final = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢"
)
GIVEN_FIRST: Final = "子雨思文建志明晓佳嘉雅静海俊浩宇欣梦诗婉春秋冬玉兰国永德秀淑丽慧敏立忠庆云若清怡安宁"
GIVEN_SECOND: Final = "涵轩琪华强军芳娟霞伟杰鹏婷洁怡萱阳光辉平安宁德珍英梅芬燕玲峰涛斌龙飞凯琳瑶妍然晨"
AREAS: Final = ("示范市东湖区", "示范市西山区", "示范市南城区", "示范市北港区", "示范市开发区", "示范市云溪县")
DEPARTMENTS: Final = (
    "门诊部",
    "急诊科",
    "护理部",
    "儿科",
    "心内科",
    "呼吸科",
    "康复医学科",
    "肿瘤科",
    "妇产科",
    "药学部",
    "工会",
    "团委",
    "社会工作部",
    "志愿服务站",
)
SKILLS: Final = ("急救", "手语", "普通话", "英语", "心理", "摄影", "护理", "营养", "书法", "计算机")
PREFERRED_CATEGORIES: Final = ("0004", "0017", "0013", "0001", "0099", "0003", "0006")


@dataclass(frozen=True, slots=True)
class InventedPerson:
    name: str
    sex: str
    birth_date: date
    id_number: str
    volunteer_number: str
    phone: str
    area: str
    group: str
    department: str
    skills: tuple[str, ...]
    service_categories: tuple[str, ...]
    is_public: bool


def invent_people(dice: random.Random, *, today: date) -> list[InventedPerson]:
    """ACCOUNTS people; the first is the five-star member, a nurse who agreed to be named."""
    names = _names(dice)
    return [_invent(dice, index, names[index], today) for index in range(ACCOUNTS)]


def _names(dice: random.Random) -> list[str]:
    found: dict[str, None] = {"林若兰": None}
    while len(found) < ACCOUNTS:
        given = dice.choice(GIVEN_FIRST) + (dice.choice(GIVEN_SECOND) if dice.random() < 0.82 else "")
        found[dice.choice(FAMILY_NAMES) + given] = None
    return list(found)


def _invent(dice: random.Random, index: int, name: str, today: date) -> InventedPerson:
    member = index == FIVE_STAR_MEMBER
    group = "staff" if member else dice.choices(("staff", "student", "citizen"), (34, 31, 35))[0]
    youngest, oldest = {"staff": (23, 59), "student": (18, 25), "citizen": (20, 78)}[group]
    age = 43 if member else dice.randint(youngest, oldest)
    birth_date = date(today.year - age - 1, 1, 1) + timedelta(days=dice.randint(0, 364))
    sex = "2" if member else dice.choices(("1", "2"), (38, 62))[0]
    return InventedPerson(
        name=name,
        sex=sex,
        birth_date=birth_date,
        id_number=_impossible_id(index, birth_date, sex),
        volunteer_number=f"99{index + 1:06d}{dice.randrange(10**10):010d}",
        phone=f"1990000{index:04d}",
        area=dice.choice(AREAS),
        group=group,
        department=("护理部" if member else dice.choice(DEPARTMENTS)) if group == "staff" else "",
        skills=tuple(sorted(dice.sample(SKILLS, dice.choice((0, 1, 1, 2))))),
        service_categories=tuple(sorted(dice.sample(PREFERRED_CATEGORIES, dice.choice((1, 1, 2))))),
        is_public=member or dice.random() < 0.25,
    )


def _impossible_id(index: int, birth_date: date, sex: str) -> str:
    """A number with the right check sign and a place code that no place has."""
    serial = (index % 500) * 2 + (1 if sex == "1" else 0)
    first = f"99{index // 500:02d}01{birth_date:%Y%m%d}{serial:03d}"
    return first + id_check_sign(first)
