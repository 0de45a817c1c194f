"""One service, counted once: hours of another bank that overlap service known from elsewhere wait for a person.

Owns: the fingerprint of a service, the check, reviews and their end. Does not own: deposits (bank), presence (attendance),
lines of 志愿汇 (exchange).
Verbs: `hold_back_overlaps`, `accept_overlap`, `discard_overlap`.
"""
