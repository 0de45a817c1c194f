"""Calendars 日历订阅 (RFC 5545): one's own shifts by a secret address, open activities for everybody, one shift as a file.

Owns: secret addresses, of which only a digest is kept, and what calendars show. Does not own: shifts, sign-ups.
Verbs: `make_address`, `revoke_address`.
"""
