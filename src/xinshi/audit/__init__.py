"""Who did what, when, to which object: one line per write, never changed, never deleted, no personal data.

Verbs: `record`, `record_many`. Both join the caller's transaction.
"""
