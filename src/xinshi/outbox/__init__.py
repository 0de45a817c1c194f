"""What a lower room must tell a higher one, stored in the same transaction and delivered at least once.

Owns: the table of events, one delivery per listener, attempts and back-off, what wakes the worker.
Does not own: who listens (config/subscriptions.py) nor what listeners do; they are idempotent.
Verbs: `publish`, `publish_many`, `subscribe`, `deliver_due`, `wake_worker`.
"""
