"""Spreadsheets in and out, PDFs, QR codes, files kept for an hour, evidence kept for good.

Owns no table and no meaning: rooms say what columns are.
Verbs: `read_sheets`, `write_workbook`, `typeset`, `qr_svg`, `keep`, `kept`, `forget`, `SealedStore.stored`.
"""
