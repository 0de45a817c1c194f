"""Corrections and appeals (更正与申诉): somebody asks, somebody who had no part in it answers, in time (民政部令67).

Owns: requests for correction, their evidence, their trail, who may not answer them, the hold that sets disputed minutes
aside. Does not own: what is corrected (attendance, bank, benefits); a granted request is carried out by their actions, in
the same transaction, by reversal and a new record.

Verbs: `ask`, `give_more`, `withdraw`, `appeal`; `grant`, `refuse`, `ask_more`, `leave_open`; `escalate_overdue`.
Locks are taken in this order: the person, the service record, the passbook, the request, then the ledger's balances.
"""
