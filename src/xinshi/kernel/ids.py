"""Identifiers that people read, type and scan."""

from __future__ import annotations

import secrets

SHORT_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0, 1, I, L, O: nobody can mistake one sign for another."""
SHORT_CODE_LENGTH = 10


def new_short_code() -> str:
    """An unguessable code (49 bits), to be typed by a clerk: `7KQM9-X4TRB` once `grouped_code` shows it."""
    return "".join(secrets.choice(SHORT_CODE_ALPHABET) for _ in range(SHORT_CODE_LENGTH))


def grouped_code(code: str) -> str:
    """`code` in two groups for reading."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"


def normalized_code(typed: str) -> str:
    """What a person typed, without spaces and dashes, in capitals."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())


def with_check_digit(digits: str) -> str:
    """`digits` and their Luhn check digit, so that a mistyped passbook number is noticed."""
    return digits + str(_luhn_remainder(digits + "0"))


def has_valid_check_digit(number: str) -> bool:
    return number.isascii() and number.isdigit() and _luhn_remainder(number) == 0


def _luhn_remainder(number: str) -> int:
    total = 0
    for place, sign in enumerate(reversed(number)):
        digit = int(sign) * (2 if place % 2 else 1)
        total += digit - 9 if digit > 9 else digit
    return (10 - total % 10) % 10
