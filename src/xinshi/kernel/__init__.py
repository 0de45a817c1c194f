"""The ground floor: plain Python that every room may use. No Django, no database, no settings.

Owns: whole minutes, identifiers, the clock, who acts, refusals, typed events, the ministry's code lists.
Does not own: anything that has to be stored.
"""
