"""The archive for programs: profiles, qualifications, the hospital's lists. Numbers and contacts are masked."""

from __future__ import annotations

from xinshi.archive.api import keeping, profiles, qualifications
from xinshi.archive.api.shell import router

__all__ = ["keeping", "profiles", "qualifications", "router"]
