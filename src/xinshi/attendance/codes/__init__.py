"""Codes that prove presence: the rotating code at the place 动态签到码, and the volunteer's own code.

Owns: how codes are made and judged, what a scan leads to, the traces that scans leave. Does not own: the service record.
Verbs: `arrive`, `arrive_by_digits`.
"""
