"""Opening an account by oneself, the check at the station, guardians of minors, and the end of an account.

Owns: registration by phone, the queue of accounts to check, guardians' consent, wishes to close, settling hours at the end.
Does not own: the archive (people), codes and texts (messages), the booking (ledger).
Verbs: `register`, `approve_account`, `refuse_account`, `name_guardian`, `confirm_guardian`, `record_paper_consent`,
`end_guardianships`, `ask_to_close`, `withdraw_wish`, `close_account`.
"""
