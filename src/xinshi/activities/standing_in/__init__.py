"""Standing in 替班: somebody cannot come, and who could is asked, a few at a time, until one says yes.

Owns: the search for a stand-in and whom it asked. Does not own: places (the room's own tables).
Verbs: `seek_stand_in`, `answer_ask`, `end_search`, `tend_searches`.
"""
