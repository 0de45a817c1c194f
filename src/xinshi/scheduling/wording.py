"""Words for plans: states, stages, parts of a value, wishes, stages of the funnel, why one failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = Mapping[str, _StrPromise]
TONES: Final = {
    "waiting": "info",
    "running": "info",
    "done": "good",
    "failed": "bad",
    "cancelled": "",
    "published": "gold",
    "replaced": "",
}
STAGES: Final[Words] = {
    "building": _("Reading who can what and when"),
    "greedy": _("A first plan"),
    "prices": _("Weighing places against each other"),
    "rounds": _("Improving the plan"),
    "rounding": _("Settling who goes where"),
    "coverage": _("Proving how full it can be"),
    "checking": _("Checking every rule"),
    "wishes": _("Finding out what each wish costs"),
    "storing": _("Keeping the plan"),
}
PARTS: Final[Words] = {
    "skill": _("Skill"),
    "interest": _("Interest"),
    "profession": _("Profession"),
    "nearness": _("Their site"),
    "wished_hour": _("Their hours"),
}
WISHES: Final[Words] = {
    "rest": _("Rest between days"),
    "recovery": _("Recovery after hard shifts"),
    "one_a_day": _("The limit of shifts a day"),
    "travel": _("Time for the way"),
    "fairness": _("Fairness"),
    "match": _("Skill, interest and the other points"),
    "teams": _("Groups kept together"),
    "changes": _("The limit on changes"),
}
FUNNEL: Final[Words] = {
    "qualified": _("fit by age, group and health"),
    "certified": _("have the qualifications on the day"),
    "reachable": _("come to this site"),
    "available": _("have time then"),
    "within_hours": _("are within their limits and rest"),
    "free": _("are free in this plan"),
}
RECRUIT: Final[Words] = {
    "qualified": _("Few may do this at all. See whether age, group or lifting must be asked for."),
    "certified": _("Recruit or train people with the qualification."),
    "reachable": _("Recruit people who come to this site."),
    "available": _("Recruit people who have time at this hour, or move the shift."),
    "within_hours": _("Those who fit give all their hours already. Recruit more of them, or ask them for more."),
    "idle": _("People are free for it: open the shift and put somebody in."),
    "free": _("Enough people fit, but all are needed elsewhere. One more person here fills one more place."),
}
FAILURES: Final[Words] = {
    "nothing_to_plan": _("No published shift of this period has a free place."),
    "nobody_to_plan": _("Nobody has an active passbook."),
    "planner_died": _("The planner stopped twice without a result. Plan again with a shorter time."),
    "solver_failed": _("The solver ended without a valid plan. Plan again; if it fails again, tell the administrator."),
    "unexpected": _("Something went wrong that nobody expected. The administrator finds it in the log."),
}
SETTINGS: Final[Words] = {
    "rest_minutes": _("Rest between two days"),
    "rest_after_hard_minutes": _("Recovery after a hard shift"),
    "hard_from_minutes": _("A shift is hard from"),
    "shifts_a_day_max": _("Shifts a day, at most"),
    "same_day_gap_minutes": _("Pause between shifts of one day"),
    "travel_minutes": _("Way between two places"),
    "skill": _("Points for skill"),
    "interest": _("Points for interest"),
    "profession": _("Points for profession"),
    "nearness": _("Points for their site"),
    "wished_hour": _("Points for their hours"),
    "fairness": _("Fairness in per cent"),
    "teams": _("Groups are kept together"),
    "first_categories": _("Categories that come first"),
}
