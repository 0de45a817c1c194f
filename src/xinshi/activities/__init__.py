"""Activities: what the hospital offers to volunteers, its shifts, and who takes which place.

Owns: programmes, activities, shifts, sign-ups, and the rule that no place is taken twice. Does not own: who really came and
how long (attendance), what that is worth (bank).

Verbs: `create_activity`, `create_activities_many`, `change_activity`, `publish`, `cancel_activity`,
`finish_past_activities`, `sign_up`, `sign_up_many`, `cancel_sign_up`, `mark_attended`.

Locks are always taken in this order: people (by id), shifts (by id), sign-ups. Whoever changes a person's sign-ups holds
the lock of that person's row.
"""
