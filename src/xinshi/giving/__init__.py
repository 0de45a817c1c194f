"""Hours for others: gifts to relatives, donations to the pool, help out of the pool, hours of groups (转赠、捐赠、公益池).

Owns: relatives, gifts, donations, grants from the pool, hours earned by groups, and what was taken back of them. Does not
own: the minutes (ledger; the bookings are found by their keys `gift:12`, `donation:12`, `grant:12`, `group-hours:12`), the
rules (bank), the passbook (bank).

Verbs: `ask_relative`, `register_relatives`, `answer_relative`, `end_relative`, `give`, `donate`, `donate_group_hours`,
`propose_grant`, `change_grant`, `decide_grant`, `withdraw_grant`, `enter_group_hours`, `decide_group_hours`,
`withdraw_group_hours`, `reverse_gift`, `reverse_donation`, `reverse_grant`, `reverse_group_hours`.

Locks are always taken in this order: passbooks in ascending person id, organisation, this room's rows, the ledger's
balances.
"""
