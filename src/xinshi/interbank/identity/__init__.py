"""Who is who between two banks, without names or numbers: pairwise tokens of people (成对假名).

Owns: the key that only the two partners share, tokens made under it after separate consent, tokens that two records share.
Does not own: consents (people), partners (exchange), messages (protocol).
Verbs: `make_shared_key`, `enter_shared_key`, `retire_shared_key`, `make_tokens`, `settle_clash`.
Queries: `token_of`, `person_of`.
"""
