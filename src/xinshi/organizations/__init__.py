"""Organisations: the hospital's departments, partner teams, universities, and who belongs to which.

Verbs: `create_organization`, `ensure_departments`, `join`, `leave`.
"""
