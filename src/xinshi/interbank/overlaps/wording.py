"""Why two records may be one service, in words."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY: Final[dict[str, str | Promise]] = {
    "same_service": _("Both banks describe the same service."),
    "same_time": _("The times overlap."),
    "same_minutes": _("The same number of hours on the same day."),
    "same_category": _("The same kind of service on the same day."),
    "too_much_for_a_day": _("Together more than twelve hours on one day."),
}
