"""Reconciliation with what comes back from 志愿汇 (对账): its own export of honorary hours beside what was sent there.

Owns: comparisons and their differences. Does not own: what was sent (exporting), what is taken in (importing): nothing is
credited or sent from here. Verbs: `compare_returned`, `decide_differences`.
"""
