"""Organisations: the hospital's departments, partner teams, universities, and who belongs to which.

Owns: organisations and memberships. Does not own: people. Membership is seen by those who keep or audit the archive.
Verbs: `create_organization`, `change_organization`, `ensure_departments`, `join`, `join_many`, `leave`.
"""
