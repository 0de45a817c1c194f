"""Benefits: what hours are redeemed for (兑换), and the vouchers with which they are.

Owns: benefits with their price, conditions, limits and budgets, the days on which dated ones are given, vouchers for
oneself or a relative, waiting lists (候补), missed days (爽约), refunds, and the monthly statements of the departments that
provide them; and the rule that nothing is promised twice. Does not own: the minutes themselves (ledger), the passbook and
its stars (bank). Hours are never turned into money.

Verbs: `create_benefit`, `change_benefit`, `add_slots`, `change_slot`, `call_off_slot`; `reserve`, `cancel`, `fulfil`,
`undo_redeeming`, `refund`; `join_waiting_list`, `leave_waiting_list`, `accept_offer`; `mark_no_show`, `excuse_no_show`;
`draft_settlement`, `confirm_settlement`, `settle`; and for the worker `expire_overdue`, `tend_waiting_lists`,
`remind_owners`.

Locks are always taken in this order: passbook, benefit, slot, voucher or place on a waiting list, budget, and then the
ledger's balance.
"""
