"""Templates of activities 活动模板, and copies: what is held again and again is planned in three clicks.

Owns: patterns, copying an activity or a whole week. Does not own: the activities made of them.
Verbs: `save_pattern`, `drop_pattern`, `create_from_pattern`, `copy_activity`, `copy_week`.
"""
