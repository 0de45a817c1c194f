"""Matching and scheduling 智能匹配排班: who takes which shift, how good that is, and why.

Owns: planning periods, plans in versions with their assignments, locks and edits, invitations that come of a plan, what
volunteers said of suggestions; `solver`: the optimiser, which knows neither Django nor people. Does not own: who may take a
place (activities.eligibility, whose rules the problem is built from), shifts and sign-ups (activities), presence.

A plan is a proposal: a person changes it, publishes it, and whoever is invited accepts or declines.
"""
