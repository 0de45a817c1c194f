"""Hours between time banks (通存通兑): earned there and redeemed here, and the other way.

Owns: the protocol, what was sent and received per partner, transfers and their states, pairwise tokens of people and their
consent, reconciliation with its differences, monthly statements. Does not own: partners and their contracts (exchange),
passbooks and deposits (bank), the book (ledger).
"""
