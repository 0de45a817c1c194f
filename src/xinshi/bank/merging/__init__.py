"""Two records of one person: found, looked at, and merged by two people, without losing a line of either book.

Owns: candidates with their reasons and score, what was dismissed, proposals, the merge itself. Does not own: rows of rooms
above; those keep pointing to the old record and are shown under the one that stays.
Verbs: `dismiss_pair`, `propose_merge`, `withdraw_merge`, `refuse_merge`, `confirm_merge`.
"""
