"""What the volunteer is told about a voucher, and about a place on a waiting list."""

from __future__ import annotations

from xinshi.benefits.models import Benefit, Voucher, Waiting
from xinshi.kernel.minutes import hours_figure
from xinshi.messages.actions import NewMessage, send_many


def tell(voucher: Voucher, text: str, what: str, *, reason: str = "", days: int | None = None) -> None:
    """Send `text` (it names %(name)s, %(hours)s and, where given, %(reason)s and %(days)s) once per voucher and `what`."""
    parameters = {"name": voucher.benefit.name, "hours": hours_figure(voucher.minutes)}
    if days is not None:
        parameters["days"] = str(days)
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{voucher.person_id}",
                text=text,
                parameters=parameters | {"reason": reason} if reason else parameters,
                object_ref=f"voucher:{voucher.pk}",
                key=f"voucher:{voucher.pk}:{what}",
            )
        ]
    )


def tell_waiting(entry: Waiting, benefit: Benefit, text: str, what: str, *, until: str = "") -> None:
    """Send `text` (which names %(name)s and, with an offer, %(until)s) once per place on a list and `what`."""
    parameters = {"name": benefit.name}
    send_many(
        [
            NewMessage(
                recipient_ref=f"person:{entry.person_id}",
                text=text,
                parameters=parameters | {"until": until} if until else parameters,
                object_ref=f"waiting:{entry.pk}",
                key=f"waiting:{entry.pk}:{what}",
            )
        ]
    )
