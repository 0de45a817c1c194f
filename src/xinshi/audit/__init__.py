"""Who did what, when, to which object: one line per write, never changed, never deleted, no personal data.

Verbs: `record`, `record_many` join the caller's transaction; `seal` makes what stands in the trail, and in every other
table that is written once (`Chain`), evident to tampering: off the write path, chained, checked by `xinshi verify`.
"""
