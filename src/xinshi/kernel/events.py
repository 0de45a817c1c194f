"""Typed events: what a lower room tells a higher one, through the outbox, in the same transaction."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime
from typing import Any, ClassVar, Self

_REGISTRY: dict[str, type[Event]] = {}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Subclass as a frozen keyword-only dataclass of ints, strings, booleans, dates; `name` is `room.happened`.

    One that tells of many things at once carries tuples, and reads them in a `from_json` of its own.

    An event carries references, never personal data: listeners look up what they may know.
    """

    name: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # A slotted dataclass is built as a second class object; the later registration replaces the first.
        super(Event, cls).__init_subclass__(**kwargs)
        _REGISTRY[cls.name] = cls

    def to_json(self) -> str:
        return json.dumps(
            {field.name: getattr(self, field.name) for field in dataclasses.fields(self)},
            default=_encode,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        values: dict[str, Any] = json.loads(text)
        for field in dataclasses.fields(cls):
            value = values.get(field.name)
            if isinstance(value, str) and field.type in ("date", "date | None"):
                values[field.name] = date.fromisoformat(value)
            elif isinstance(value, str) and field.type in ("datetime", "datetime | None"):
                values[field.name] = datetime.fromisoformat(value)
        return cls(**values)


def event_class(name: str) -> type[Event]:
    """The class registered under `name`; KeyError if its room was never imported."""
    return _REGISTRY[name]


def _encode(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"an event cannot carry {type(value).__name__}")
