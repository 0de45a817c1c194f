"""Inviting 邀请: a plan's places are offered to its people, who accept or decline; what is given back is filled again.

Owns: how a version was published, invitations with what became of them, teams that are assigned without being asked. Does
not own: the places themselves and their states (`activities.SignUp`), plans and their versions.
Verbs: `publish_version`, `answer`, `fill_again`, `invite`, `set_team_rule`.
"""
