"""The right to a copy of one's data and to have it deleted (个人信息保护法, articles 45 and 47).

Owns: requests to be erased, who decided them, the registry of what each room gives out and forgets. Does not own: the
data; each room says in its `personal.py` what a copy holds (`copy_of`, `papers_of`), what goes (`forget`), and what must
stay for a while (`still_needed`). `config.subscriptions` puts them together.

Whoever is erased stays as a pseudonym: the book, service records, votes of two people and the audit trail keep every line.
Verbs: `take_copy`, `ask_to_be_erased`, `enter_erasure`, `withdraw_erasure`, `accept_erasure`, `refuse_erasure`,
`erase_person`.
"""
