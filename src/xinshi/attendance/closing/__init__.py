"""Check-outs that were forgotten 忘记签退, and the hospital's settings of presence.

Owns: by which rule an open record is closed, the settings. Does not own: what a closed record goes through (submitting).
Verbs: `close_forgotten`, `change_settings`.
"""
