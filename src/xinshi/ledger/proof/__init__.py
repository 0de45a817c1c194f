"""What proves that a line stands in the book: Merkle trees, seals as their canonical headers, receipts, and their checking.

Plain Python and `cryptography`, no Django and no database: whoever holds a receipt checks it on a machine of their own
(`xinshi verify receipt FILE`, or `python -m xinshi.ledger.proof FILE`).
"""
