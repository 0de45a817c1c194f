"""Harnesses that try to prove the bank wrong: races, crashes, invented histories, tampering; docs/trust.md says how.

Modules without `test_` are the harnesses themselves, used by the tests here (CI profile) and by `./run bench trust` (deep
profile). Each prints its seed and takes it back. `test_planted_bugs.py` holds the harnesses to finding what is wrong.
"""
