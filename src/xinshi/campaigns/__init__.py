"""Campaigns 应急招募: many posts at many sites in a short time, recruited in waves, watched on a live board.

Owns: campaigns, their sites, roles, windows and posts, the short path of newcomers, calls for empty posts, hand-over notes.
Does not own: the shifts, places and waves (activities), presence and outcome rows (attendance), lessons (training).

Verbs: `create_campaign`, `change_campaign`, `add_site`, `change_site`, `close_site`, `set_posts`, `publish_posts`,
`close_campaign`; `ask_for_code`, `join_by_phone`, `join`, `enter_at_station`, `pledge`, `take_shift`; `call`,
`go_on_with_calls`, `stop_call`; `write_note`.

Locks are taken in this order: the campaign, then as in activities (people, shifts, sign-ups). A newcomer's path never
holds the campaign's row while it takes a place.
"""
