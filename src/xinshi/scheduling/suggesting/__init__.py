"""Suggesting 推荐: which open shifts suit one person, and why in plain words; what they said of it is kept to.

Owns: who wants no suggestions, kinds of service that somebody does not want, suggestions that were answered with no. Does
not own: who may take a place (activities.eligibility), interests and times (archive).
Verbs: `choose`, `say_no`, `decline_kind`, `take_kind_back`.
"""
