"""What people are told. A message goes without names and reasons: the page that it leads to shows them to who may see."""

from __future__ import annotations

from collections.abc import Iterable

from xinshi.kernel.minutes import hours_figure
from xinshi.messages.actions import NewMessage, send_many


def tell(person_ids: Iterable[int], text: str, *, object_ref: str, what: str, minutes: int | None = None) -> None:
    """Send `text` (which names %(hours)s where `minutes` are given) once per person, object and `what`."""
    parameters = {} if minutes is None else {"hours": hours_figure(minutes)}
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{person_id}",
                text=text,
                parameters=parameters,
                object_ref=object_ref,
                key=f"{object_ref}:{what}:{person_id}",
            )
            for person_id in person_ids
        ]
    )
