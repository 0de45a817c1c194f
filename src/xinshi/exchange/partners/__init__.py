"""Partners of the exchange (合作平台): other time banks and platforms, what was agreed with them, and how it goes.

Owns: partners, their contracts in versions, their public keys, limits, states with their history, health, alarms. Does not
own: messages between banks and their reconciliation (interbank), which fill `registry` from `config/subscriptions.py`.

What moves hours takes two: a contract, a key and a wider limit are written by one administrator and put in force by another.
What stops hours takes one.

Verbs: `register_partner`, `change_partner`, `change_limits`, `confirm_limits`, `write_contract`, `put_contract_in_force`,
`add_key`, `confirm_key`, `revoke_key`, `pause`, `resume`, `dispute`, `note_heard`, `tell_of_silence`.
Queries: `contract_in_force`, `trusted_key`, `health`, `require_within_limits`, `require_open`.

Locks: the partner's row first, then what the bank locks.
"""
