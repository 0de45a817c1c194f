"""Benefits for programs. Fixed addresses are registered before those that begin with a benefit's number."""

from __future__ import annotations

from xinshi.benefits.api import settling, waiting  # isort: skip
from xinshi.benefits.api import offers  # isort: skip
from xinshi.benefits.api.shell import router

__all__ = ["offers", "router", "settling", "waiting"]
