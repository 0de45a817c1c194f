"""Tables of this room."""

from xinshi.interbank.identity.models import PersonToken, SharedKey
from xinshi.interbank.moving.models import (
    Decision,
    IncomingMessage,
    Outcome,
    OutgoingMessage,
    OwnKey,
    OwnKeyNotice,
    Stream,
    Transfer,
)
from xinshi.interbank.overlaps.models import OverlapReview
from xinshi.interbank.reconciling.models import Comparison, Difference, DifferenceNote
from xinshi.interbank.statements.models import BankStatement, CounterStatement

__all__ = [
    "BankStatement",
    "Comparison",
    "CounterStatement",
    "Decision",
    "Difference",
    "DifferenceNote",
    "IncomingMessage",
    "Outcome",
    "OutgoingMessage",
    "OverlapReview",
    "OwnKey",
    "OwnKeyNotice",
    "PersonToken",
    "SharedKey",
    "Stream",
    "Transfer",
]
