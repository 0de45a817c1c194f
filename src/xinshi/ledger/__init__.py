"""The book of minutes: double entry, append-only, exactly once. It knows minutes and opaque owners, no person, no hospital.

Owns: accounts, balances, transfers, entries, holds, seals. Does not own: why minutes move (the rooms above say it by `kind`
and `key`), nor who an owner is (`owner_ref` is opaque).
Verbs: `open_accounts`, `system_account`, `post`, `post_batch`, `hold`, `capture`, `release`, `reverse`, `close_account`,
`seal`; reads: `balance`, `balances`, `statement`, `verify`.
"""
