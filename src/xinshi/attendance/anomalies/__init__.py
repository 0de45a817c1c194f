"""What looks wrong about presence 异常核查, and what people decided about it.

Owns: the rules, what they found, its reviews. Does not own: service records and their approval, which asks `open_among`.
Verbs: `examine`, `review`.
"""
