"""Monthly statements between two banks 对账单: what came, what went, what was put right, and what one owes the other.

Owns: statements and their signatures, the partner's own statements filed beside them. Does not own: the book (ledger), which
is only read.
Verbs: `issue_statement`, `file_counter_statement`; offline: `xinshi verify statement FILE`.
"""
