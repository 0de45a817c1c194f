"""Activities: what the hospital offers to volunteers, its shifts, and who takes which place.

Owns: programmes, activities, shifts, sign-ups, and the rule that no place is taken twice. Does not own: who really came and
how long (attendance), what that is worth (bank).

Verbs: `create_activity`, `create_activities_many`, `change_activity`, `publish`, `unpublish`, `cancel_activity`,
`finish_past_activities`, `sign_up`, `sign_up_many`, `offer_places`, `cancel_sign_up`, `mark_attended`;
`join_waiting_list`, `answer_offer`, `decide_request`, `remind`, `say_coming`, `mark_no_shows`, `undo_no_show`; and
those of `waves`, `groups`, `standing_in`, `notes`.

Who may take a place is decided in `eligibility` alone, by what `queries.deciding` reads; the list asks the same function.

Packages: `programmes` (and the calendar that planning goes by), `patterns` (templates and copies), `requests`
(departments ask), `notes` (what who leads tells, and is told), `feeds` (calendars to subscribe to), `importing` (plans
from spreadsheets). What the norms forbid to record as service is in `recordable`; repetition in `repeating`; an activity
as the value that creates it in `planned`.

Locks are always taken in this order: people (by id), the activity, shifts (by id), sign-ups. Whoever changes a person's
sign-ups holds the lock of that person's row.
"""
