"""Sites 服务点: where an activity is held, on the map, and whether a phone was there.

Owns: sites and which activity is held at which. Does not own: where people are; no position is stored, only a verdict.
Verbs: `create_site`, `change_site`, `put_activity_at`.
"""
