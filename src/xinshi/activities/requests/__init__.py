"""A department asks for volunteers 科室用人申请: in two minutes on a phone, answered by a coordinator within days.

Owns: requests, their states and their history. Does not own: the activity that comes of one.
Verbs: `ask`, `withdraw`, `take_up`, `plan`, `grant`, `decline`.
"""
