"""This room for programs: the routers of its parts."""

from __future__ import annotations

from ninja import Router

from xinshi.scheduling.inviting.api import router as inviting_router
from xinshi.scheduling.planning_api import router as planning_router

router = Router(tags=["scheduling"])
router.add_router("", inviting_router)
router.add_router("", planning_router)
