"""Service records in lists: for the desk, for oneself, and as files with the ministry's codes.

Owns no table. Verb: `export_records`, which is audited because names leave the house.
"""
