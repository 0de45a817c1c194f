"""What the volunteer is told about a voucher."""

from __future__ import annotations

from xinshi.benefits.models import Voucher
from xinshi.kernel.minutes import hours_figure
from xinshi.messages.actions import NewMessage, send_many


def tell(voucher: Voucher, text: str, what: str, *, reason: str = "") -> None:
    """Send `text` (which names %(name)s, %(hours)s and, with a reason, %(reason)s) once per voucher and `what`."""
    parameters = {"name": voucher.benefit.name, "hours": hours_figure(voucher.minutes)}
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
