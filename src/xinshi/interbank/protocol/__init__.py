"""The protocol between banks as plain Python: what docs/protocol says, without Django, a clock, a network or a database.

Owns: canonical JSON, messages and their fields, signatures, the chain, the state machines, worked examples. Everything is a
pure function of what it is given; who uses it stores each step before the next (`docs/protocol/states.md`).
"""
