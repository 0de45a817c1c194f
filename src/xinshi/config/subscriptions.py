"""The one list of who listens to which event. Handlers are idempotent; the worker calls them (see `outbox`)."""

from __future__ import annotations


def register() -> None:
    """Connect every listener; called once when the house starts."""
