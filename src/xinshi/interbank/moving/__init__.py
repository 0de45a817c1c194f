"""Hours that move between this bank and others (通存通兑): the protocol's machines over this bank's book.

Owns: the bank's own keys, what was sent and received per partner (written once), outcomes that were promised, transfers and
their states. Does not own: the protocol's rules (`protocol`), who is who (`identity`), partners (exchange), the book.

Verbs: `ask_transfer` (send hours there), `ask_to_bring` (bring hours here), `send_due`, `take`, `tell`, `propose_decision`,
`confirm_decision`, `rotate_key`, `confirm_own_key`, `discard_own_key`, `note_partner_told`.

Locks: the partner's row first, then passbooks, then the book. What a network call needs is stored before it, and nothing is
locked while it lasts; several workers share partners by a lease.
"""
