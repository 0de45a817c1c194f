"""Code lists of the national volunteer information system (民政部); the Chinese name is the norm's own term.

Values are `(code, English, Chinese)`. Source: norms of the ministry's volunteer information system, service categories and
types of identity document.
"""

from __future__ import annotations

from enum import StrEnum

SERVICE_CATEGORIES: tuple[tuple[str, str, str], ...] = (
    ("0001", "Community service", "社区服务"),
    ("0002", "Poverty relief", "扶贫减贫"),
    ("0003", "Teaching support", "支教助学"),
    ("0004", "Health", "卫生健康"),
    ("0005", "Legal service", "法律服务"),
    ("0006", "Environment", "环境保护"),
    ("0007", "Science and technology", "科技科普"),
    ("0008", "Culture and arts", "文化艺术"),
    ("0009", "Public safety", "平安综治"),
    ("0010", "Civic manners", "文明风尚"),
    ("0011", "Traffic guidance", "交通引导"),
    ("0012", "Voluntary fire service", "志愿消防"),
    ("0013", "Emergency rescue", "应急救援"),
    ("0014", "Drug prevention", "禁毒宣传"),
    ("0015", "Sport and fitness", "体育健身"),
    ("0016", "Tourism service", "旅游服务"),
    ("0017", "Care for special groups", "关爱特殊群体"),
    ("0018", "Large events", "大型活动"),
    ("0019", "Overseas service", "海外志愿服务"),
    ("0020", "Tax service", "税收服务"),
    ("0099", "Other", "其他"),
    ("3201", "Epidemic control", "疫情防护"),
)

SERVED_GROUPS: tuple[tuple[str, str, str], ...] = (
    ("01", "Children", "儿童"),
    ("02", "Women", "妇女"),
    ("03", "Elderly people", "老年人"),
    ("04", "People with disabilities", "残障人士"),
    ("05", "Entitled veterans and families", "优抚对象"),
    ("06", "Families in poverty", "贫困家庭"),
    ("07", "Special groups", "特殊群体"),
    ("08", "Patients", "病患者"),
    ("09", "Rural residents", "农村居民"),
    ("10", "Urban residents", "城镇居民"),
    ("11", "The public", "社会公众"),
    ("13", "Taxpayers", "纳税人缴费人"),
    ("99", "Others", "其他"),
)
"""Whom a service is for (服务对象)."""

IDENTITY_DOCUMENTS: tuple[tuple[str, str, str], ...] = (
    ("01", "Mainland resident identity card", "内地居民身份证"),
    ("02", "Hong Kong identity document", "香港居民身份证件"),
    ("03", "Macao identity document", "澳门居民身份证件"),
    ("04", "Taiwan resident identity card", "台湾居民身份证"),
    ("05", "Passport", "护照"),
    ("06", "Officer's certificate", "军官证"),
    ("07", "Soldier's certificate", "士兵证"),
    ("99", "Other", "其他"),
)


class HoursKind(StrEnum):
    """Kind of hours (时长类型): verified 信用时数 by sign-in and sign-out, honorary 荣誉时数 entered afterwards."""

    VERIFIED = "verified"
    HONORARY = "honorary"


def label_for(table: tuple[tuple[str, str, str], ...], code: str, *, chinese: bool) -> str:
    """The label of `code` in `table`, or the code itself where a partner used one that the norm does not know."""
    for known, english, zh in table:
        if known == code:
            return zh if chinese else english
    return code


def code_for_label(table: tuple[tuple[str, str, str], ...], text: str) -> str | None:
    """The code whose code, Chinese or English label equals `text`; None where there is none."""
    wanted = text.strip()
    for code, english, zh in table:
        if wanted in (code, zh) or wanted.lower() == english.lower():
            return code
    return None
