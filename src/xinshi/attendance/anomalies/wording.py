"""What a rule found, as a sentence."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

from xinshi.attendance.anomalies.models import Anomaly

NAMES = {
    "two_places": gettext_noop("Two places at once"),
    "travel": gettext_noop("Impossible travel"),
    "one_device": gettext_noop("One phone for many"),
    "exact_hours": gettext_noop("Always exact hours"),
    "offline": gettext_noop("Sent later"),
    "outside": gettext_noop("Outside the place"),
    "closed_by_rule": gettext_noop("No check-out"),
    "late_entry": gettext_noop("Entered late"),
}
REASONS = {
    "two_places": gettext_noop("Scanned the code of another activity while checked in here."),
    "travel": gettext_noop(
        "%(kilometres)s km from another service of this person: %(kmh)d km/h to get from one to the other."
    ),
    "one_device": gettext_noop("%(people)d people checked in with the same phone that day."),
    "exact_hours": gettext_noop("The last %(records)d services began and ended to the very minute of the shift."),
    "offline": gettext_noop("Scanned without a network and sent later: the server could not see it at the time."),
    "outside": gettext_noop("The phone was about %(metres)d m from the place."),
    "closed_by_rule": gettext_noop(
        "Nobody checked out; the time was set by rule. Accepting means that you vouch for it."
    ),
    "late_entry": gettext_noop("Entered %(days)d days after the shift."),
}


def name_of(kind: str) -> str:
    return gettext(NAMES[kind])


def reason_of(row: Anomaly) -> str:
    detail = dict(row.detail)
    hectometres = int(detail.get("hectometres", 0))
    values = {**detail, "metres": hectometres * 100, "kilometres": f"{hectometres / 10:g}"}
    return gettext(REASONS[row.kind]) % values
