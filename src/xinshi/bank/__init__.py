"""Passbooks and the bank's policy, on top of the ledger: hours become minutes that stand, with kind and source.

Owns: passbooks, deposits and their reversals, policy versions. Does not own: the booking itself (ledger), why service was
given (attendance, exchange), what hours are redeemed for (benefits), who was promoted when (recognition).
Verbs: `open_passbooks`, `deposit_many`, `reverse_deposit`, `change_passbook_state`, `raise_stars`,
`propose_policy`, `put_policy_in_force`.
"""
