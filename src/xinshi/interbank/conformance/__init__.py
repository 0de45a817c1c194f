"""The conformance kit: a stranger that speaks the protocol and tries a bank's address.

`kit.py`, `wire.py` and `listening.py` import nothing of this program: the standard library and `cryptography` are enough,
so that anybody can run them alone (`python kit.py --help`). They were written from `docs/protocol/` only.
"""
