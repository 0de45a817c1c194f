"""The SQLite backend with a first-come-first-served queue for writers (see base.py)."""
