"""Hours as the bank keeps them: whole minutes, never floats."""

from __future__ import annotations

import unicodedata
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from xinshi.kernel.errors import DomainError, gettext_noop

MINUTES_PER_HOUR = 60
HOURS_MAX = Decimal(100_000)
"""More than eleven years without a pause: a larger figure is a mistake of the sender."""


class HoursNotReadable(DomainError):
    code = "hours_not_readable"
    message = gettext_noop("“%(value)s” is not a number of hours. Write a number such as 2.5.")


def minutes_from_hours(value: str | float | Decimal) -> int:
    """Whole minutes, nearest minute, of a figure in hours such as `2.5`, `"１．５"`, `"3 小时"`.

    Raises HoursNotReadable for what is not a finite number from 0 to HOURS_MAX.
    """
    text = unicodedata.normalize("NFKC", str(value)).strip()
    for unit in ("小时", "个小时", "h", "H", "hours", "hour"):
        text = text.removesuffix(unit).strip()
    try:
        hours = Decimal(text)
    except InvalidOperation:
        raise HoursNotReadable(value=value) from None
    if not hours.is_finite() or hours < 0 or hours > HOURS_MAX:
        raise HoursNotReadable(value=value)
    return int((hours * MINUTES_PER_HOUR).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def hours_decimal(minutes: int) -> Decimal:
    """Hours with two decimals, for spreadsheets and programs; the book itself stays in minutes."""
    return (Decimal(minutes) / MINUTES_PER_HOUR).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def hours_figure(minutes: int) -> str:
    """The shortest decimal figure for reading: `12.5`, `1110`, `0.33`; grouped from five digits on."""
    figure = hours_decimal(minutes).normalize()
    text = f"{figure:f}"
    whole, _, rest = text.partition(".")
    if len(whole.lstrip("-")) > 4:
        whole = f"{int(whole):,}"
    return f"{whole}.{rest}" if rest else whole


def tenths_of_hours(minutes: int) -> tuple[int, int]:
    """(tenths, rest_minutes): what fits a one-decimal template and what rounding down keeps back."""
    return divmod(minutes, 6)
