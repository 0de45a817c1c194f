"""Personal data at rest: encrypted fields and blind indexes. Fails closed: a wrong key raises, nothing is swallowed.

Owns: the cipher, the encrypted model field, the blind index. Does not own: which data is personal (each room says that).
Verbs: `encrypt`, `decrypt`, `blind_index`; field: `EncryptedTextField`.
"""
