"""Waves and quotas: from when an activity opens for whom, and how many places an organisation's members may take.

Owns: waves of an activity, quotas of its shifts. Does not own: who takes a place (the room's own actions ask here).
Verbs: `set_waves`, `set_quotas`.
"""
