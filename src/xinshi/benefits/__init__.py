"""Benefits: what hours are redeemed for (兑换), and the vouchers with which they are.

Owns: benefits with their price, stars and stock, the days on which dated ones are given, vouchers, and the rule that
nothing is promised twice. Does not own: the minutes themselves (ledger), the passbook and its stars (bank).

Verbs: `create_benefit`, `change_benefit`, `add_slots`, `change_slot`, `call_off_slot`, `reserve`, `cancel`, `fulfil`,
`expire_overdue`.

Locks are always taken in this order: passbook, benefit, slot, voucher, and then the ledger's balance.
"""
