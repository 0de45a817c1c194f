"""Notes on an activity (留言): what who leads tells everybody, or only those who come; what a volunteer tells who leads.

Owns: notes and who reads which. Does not own: messages (each reader concerned is told once, in their inbox).
Verbs: `write_note`, `take_back_note`.
"""
