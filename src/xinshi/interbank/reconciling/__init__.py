"""Reconciliation with time banks 对账: two lists of one period side by side, and differences that people bring to an end.

Owns: comparisons, differences with owner, deadline, notes and end. Does not own: messages and transfers, which are only read
through `lists`; passbooks and the book, which are only written by the verbs of their rooms.
Verbs: `compare_by_interface`, `compare_by_file`, `take_over`, `add_note`, `set_due_day`, `end_difference`.
"""
