"""Pure rules of invitations: until when people answer, how long the next may think, refusals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from xinshi.kernel.errors import DomainError, Invalid, gettext_noop

ANSWER_MINUTES_MIN: Final = 15
ANSWER_DAYS_MAX: Final = 30
REFILL_MINUTES_DEFAULT: Final = 24 * 60
REFILL_MINUTES_MAX: Final = 7 * 24 * 60
FOLLOWERS_MAX: Final = 200
"""So many people at most are invited to one shift one after the other."""


class PublishedAlready(DomainError):
    code = "plan_published_already"
    message = gettext_noop("This version was published already. Look at its invitations.")


class NothingToInvite(DomainError):
    code = "nothing_to_invite"
    message = gettext_noop("Nobody is assigned in this version, so there is nobody to invite. Plan again.")


class InvitationOver(DomainError):
    code = "invitation_over"
    message = gettext_noop("This invitation is not open any more. Choose another shift.")


class NoFreePlace(DomainError):
    code = "no_free_place"
    message = gettext_noop("No place of this shift is free any more, so nobody else is needed.")


class SuggestionsNotWanted(DomainError):
    code = "suggestions_not_wanted"
    message = gettext_noop("This person does not want to be planned for, or not for this kind of service.")


def check_terms(*, at: datetime, answer_until: datetime, refill_minutes: int) -> None:
    """People have time to answer, and not for ever; Invalid names the field."""
    if not at + timedelta(minutes=ANSWER_MINUTES_MIN) <= answer_until <= at + timedelta(days=ANSWER_DAYS_MAX):
        raise Invalid(
            field="answer_until", reason=gettext_noop("Give people between 15 minutes and 30 days to answer.")
        )
    if not ANSWER_MINUTES_MIN <= refill_minutes <= REFILL_MINUTES_MAX:
        raise Invalid(
            field="refill_hours", reason=gettext_noop("Give whoever is asked next between 1 hour and 7 days.")
        )
