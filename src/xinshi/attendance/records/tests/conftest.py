"""The same Tuesday as the room's other tests."""

from __future__ import annotations

from xinshi.attendance.tests.conftest import cast, frozen, make_activity, service

__all__ = ["cast", "frozen", "make_activity", "service"]
