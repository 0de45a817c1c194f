"""What a role asks of who takes it, as a value; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

AGE_MAX: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """`qualifications`: codes of the archive, all of them needed on the day. `groups`: empty where anybody may come.

    Ages in whole years on the day of the shift, None where there is no bound. `is_heavy`: lifting and carrying.
    """

    qualifications: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    age_min: int | None = None
    age_max: int | None = None
    is_heavy: bool = False

    def as_stored(self) -> dict[str, Any]:
        """Only what differs from asking for nothing."""
        return {name: value for name, value in asdict(self).items() if value not in (None, (), False)}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """As it was stored; what a later release stored and this one does not know is left out."""
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in known
        }
        return cls(**values)


NO_REQUIREMENTS: Final = Requirements()
