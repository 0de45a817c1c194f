"""Pure rules on identity: numbers, check digits, phones, masks."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECK_SIGNS = "10X98765432"
ID_NUMBER = re.compile(r"[1-9]\d{16}[\dX]")
MOBILE_PHONE = re.compile(r"1[3-9]\d{9}")
SPACE_IN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
VOLUNTEER_NUMBER = re.compile(r"\d{18}")

SERVICE: Final = "service"
PUBLICITY: Final = "publicity"
ZHIYUANHUI: Final = "exchange:zhiyuanhui"
PURPOSES: Final = (SERVICE, PUBLICITY, ZHIYUANHUI)
"""What people may consent to: the service itself, being named in public, hours shown to 志愿汇."""
TEXT_PURPOSES: Final = ("reminder", "offer", "stand-in", "call")
"""Texts that somebody may decline: the inbox says the same. Codes and what was decided on one's account always go out."""
EMPTIED: Final = "—"
"""What stands where words were about somebody who was erased, in columns that are never empty."""


def pseudonym_name(code: str) -> str:
    """The name under which lists and books show somebody who was erased."""
    return f"已注销 {code}"


def id_check_sign(first_seventeen: str) -> str:
    """The check sign of a resident identity number (GB 11643, modulo 11)."""
    total = sum(int(sign) * weight for sign, weight in zip(first_seventeen, ID_WEIGHTS, strict=True))
    return ID_CHECK_SIGNS[total % 11]


def is_resident_id(number: str) -> bool:
    """True for 18 signs with a real birth date and the right check sign."""
    if not ID_NUMBER.fullmatch(number) or id_birth_date(number) is None:
        return False
    return id_check_sign(number[:17]) == number[17]


def id_birth_date(number: str) -> date | None:
    """The birth date inside a resident identity number; None where it is no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def id_sex(number: str) -> str:
    """`1` male, `2` female, by the seventeenth digit."""
    return "1" if int(number[16]) % 2 else "2"


def plain_name(typed: str) -> str:
    """A name without the spaces by which Chinese lists make two signs as wide as three: `张　三` is 张三."""
    return SPACE_IN_CHINESE.sub("", " ".join(typed.split()))


def masked_phone(phone: str) -> str:
    """`138****1234`."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else "*" * len(phone)


def masked_id(number: str) -> str:
    """The first six and the last four signs, eight stars between."""
    return f"{number[:6]}{'*' * 8}{number[-4:]}" if len(number) >= 14 else "*" * len(number)


def masked_name(name: str) -> str:
    """The family name and a star per further sign: for places where anybody looks."""
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else name
