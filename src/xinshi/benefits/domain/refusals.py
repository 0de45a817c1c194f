"""Every refusal of this room: what cannot be had, why, and what would help."""

from __future__ import annotations

from xinshi.kernel.errors import DomainError, gettext_noop


class BenefitNotOffered(DomainError):
    code = "benefit_not_offered"
    message = gettext_noop("This benefit is not offered at the moment. Choose another one.")


class PassbookMissing(DomainError):
    code = "passbook_missing"
    message = gettext_noop("There is no passbook yet. Have one opened at the volunteer service station.")


class PassbookNotActive(DomainError):
    code = "passbook_not_active"
    message = gettext_noop("The passbook is not active. Ask the volunteer service station why.")


class StarsMissing(DomainError):
    code = "stars_missing"
    message = gettext_noop(
        "This is for volunteers with %(needed)s stars or more; you have %(stars)s. "
        "Certified hours missing until then: %(missing_hours)s."
    )


class NotEnoughHours(DomainError):
    code = "not_enough_hours"
    message = gettext_noop(
        "This costs %(price_hours)s hours and you can spend %(available_hours)s. Hours missing: %(missing_hours)s. "
        "Take a shift; hours that are still to be approved come on top."
    )


class SoldOut(DomainError):
    code = "sold_out"
    message = gettext_noop("Nothing of this is left. Look in again: what somebody cancels is offered anew.")


class NoDayFree(DomainError):
    code = "no_day_free"
    message = gettext_noop("No coming day has a free place. Look in again: new days are entered here.")


class DayMissing(DomainError):
    code = "day_missing"
    message = gettext_noop("Choose a day first.")
    status = 422


class DayFull(DomainError):
    code = "day_full"
    message = gettext_noop("All places of this day are taken. Choose another day.")


class DayOver(DomainError):
    code = "day_over"
    message = gettext_noop("This day or time is over. Choose another one.")


class ReservationKeyReused(DomainError):
    code = "reservation_key_reused"
    message = gettext_noop("This form was already used for another reservation. Open the page again.")


class VoucherUsed(DomainError):
    code = "voucher_used"
    message = gettext_noop("This voucher was already redeemed on %(day)s. It counts once.")


class VoucherCancelled(DomainError):
    code = "voucher_cancelled"
    message = gettext_noop("This voucher was cancelled on %(day)s; its hours went back to the passbook.")


class VoucherRanOut(DomainError):
    code = "voucher_ran_out"
    message = gettext_noop("This voucher ran out on %(day)s; its hours go back to the passbook.")


class NotItsDay(DomainError):
    code = "not_its_day"
    message = gettext_noop("This voucher is for %(day)s, not for today.")


class OwnVoucher(DomainError):
    code = "own_voucher"
    message = gettext_noop("Nobody redeems their own voucher. Ask a colleague at the desk.")


class TooLateToCancel(DomainError):
    code = "voucher_too_late_to_cancel"
    message = gettext_noop(
        "This could be cancelled until %(day)s, %(time)s. Speak to the benefit desk: with a reason they can still cancel it."
    )


class ReasonMissing(DomainError):
    code = "cancel_reason_missing"
    message = gettext_noop("Say why: the volunteer will read the reason.")
    status = 422


class StockPromised(DomainError):
    code = "stock_promised"
    message = gettext_noop("%(taken)s are promised or handed over already, so there cannot be fewer.")


class SupplyFixed(DomainError):
    code = "supply_fixed"
    message = gettext_noop(
        "This benefit already has days or vouchers, so how it runs out stays. Create another benefit instead."
    )


class NotDated(DomainError):
    code = "benefit_not_dated"
    message = gettext_noop("Only a benefit that is given on set days has days.")


class DayExists(DomainError):
    code = "day_exists"
    message = gettext_noop("%(day)s is there already. Change its places instead.")


class NotOfferedYet(DomainError):
    code = "benefit_not_offered_yet"
    message = gettext_noop("This is offered from %(day)s on. Look in again then.")


class NotATrainingDate(DomainError):
    code = "benefit_not_a_training_date"
    message = gettext_noop(
        "Only a day of a course that nobody has reserved yet can be the date of a training, and only of one on that day."
    )


class NoLongerOffered(DomainError):
    code = "benefit_no_longer_offered"
    message = gettext_noop("This was offered until %(day)s. Choose another benefit.")


class OtherGroup(DomainError):
    code = "benefit_for_other_group"
    message = gettext_noop(
        "This is offered to another group of volunteers. "
        "If you are on record in the wrong group, tell the volunteer service station."
    )


class BirthDateMissing(DomainError):
    code = "birth_date_missing"
    message = gettext_noop(
        "This depends on your age and your date of birth is not on record. "
        "Have it entered at the volunteer service station."
    )


class TooYoung(DomainError):
    code = "too_young"
    message = gettext_noop("This is for people from %(years)s years of age; you can have it from %(day)s on.")


class TooOld(DomainError):
    code = "too_old"
    message = gettext_noop("This is for people up to %(years)s years of age. Choose another benefit.")


class LimitReached(DomainError):
    """`period` is a word of `PERIOD_WORDS`."""

    code = "limit_reached"
    message = gettext_noop(
        "One person can have %(limit)s in one %(period)s, and you have had %(used)s. The next is possible from %(day)s on."
    )


class LimitReachedForGood(DomainError):
    code = "limit_reached_for_good"
    message = gettext_noop("One person can have %(limit)s in all, and you have had %(used)s. Choose another benefit.")


class PausedForNoShows(DomainError):
    code = "paused_for_no_shows"
    message = gettext_noop(
        "You did not come on %(count)s reserved days, so this can be reserved again from %(day)s on. "
        "If something kept you from coming, tell the volunteer service station: it can be excused."
    )


class BudgetSpent(DomainError):
    """`period` is a word of `PERIOD_WORDS`."""

    code = "budget_spent"
    message = gettext_noop("The budget of this benefit is used up for the %(period)s. It goes on from %(day)s.")


class BudgetPromised(DomainError):
    code = "budget_promised"
    message = gettext_noop(
        "Of the %(period)s that begins on %(day)s more is promised already, so the budget cannot be smaller. "
        "Pieces promised: %(pieces)s; hours promised: %(hours)s."
    )


class OnlyForOneself(DomainError):
    code = "benefit_only_for_oneself"
    message = gettext_noop("This benefit is for yourself only. Reserve it without naming a relative.")
    status = 422


class TooManyPieces(DomainError):
    code = "too_many_pieces"
    message = gettext_noop("At most %(limit)s can be taken at once. Enter a smaller number.")
    status = 422


class PlaceFree(DomainError):
    code = "place_is_free"
    message = gettext_noop("There is a free place: reserve it instead of waiting.")


class NothingToWaitFor(DomainError):
    code = "nothing_to_wait_for"
    message = gettext_noop("This never runs out, so there is no waiting list. Reserve it.")


class AlreadyWaiting(DomainError):
    code = "already_waiting"
    message = gettext_noop("You are on this waiting list already.")


class WaitingListFull(DomainError):
    code = "waiting_list_full"
    message = gettext_noop("This waiting list is full. Choose another day or another benefit.")


class NotWaiting(DomainError):
    code = "not_waiting"
    message = gettext_noop("This place on the waiting list has ended. See the benefit for what is free.")


class OfferOver(DomainError):
    code = "offer_over"
    message = gettext_noop("The place was kept for you until %(day)s, %(time)s. See the benefit for what is free.")


class NotYetOffered(DomainError):
    code = "not_yet_offered"
    message = gettext_noop("No place is free for you yet. You get a message as soon as one is.")


class VoucherMissed(DomainError):
    code = "voucher_missed"
    message = gettext_noop("Nobody came with this voucher on %(day)s. It is not good any more.")


class VoucherRefunded(DomainError):
    code = "voucher_refunded"
    message = gettext_noop("This voucher was taken back on %(day)s; its hours went back to the passbook.")


class NothingMissed(DomainError):
    code = "nothing_missed"
    message = gettext_noop("Only a voucher for a day or time that has begun can be missed.")


class NotANoShow(DomainError):
    code = "not_a_no_show"
    message = gettext_noop("Only a voucher that was not used on its day can be excused.")


class NotRedeemed(DomainError):
    code = "not_redeemed"
    message = gettext_noop("Only a voucher that was redeemed can be refunded.")


class OwnAffair(DomainError):
    code = "own_affair"
    message = gettext_noop("Nobody decides about their own voucher. Ask a colleague.")


class UndoTooLate(DomainError):
    code = "undo_too_late"
    message = gettext_noop(
        "The desk can undo what it redeemed itself, for ten minutes. Later a coordinator can refund the voucher."
    )


class MonthNotOver(DomainError):
    code = "month_not_over"
    message = gettext_noop("A month is settled when it is over: from %(day)s on.")


class StatementNotDraft(DomainError):
    code = "statement_not_draft"
    message = gettext_noop("This statement is confirmed already. Corrections go to the next one.")


class StatementNotConfirmed(DomainError):
    code = "statement_not_confirmed"
    message = gettext_noop("Only a statement that the department confirmed can be settled. Have it confirmed first.")


class SettledByAnother(DomainError):
    code = "settled_by_another"
    message = gettext_noop("Whoever confirmed a statement does not settle it. Ask another administrator.")
