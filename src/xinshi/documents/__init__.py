"""Spreadsheets in and out, PDFs, QR codes, files kept for an hour, evidence kept for good.

Owns no table and no meaning: rooms say what columns are. A workbook is parsed in a process of its own (`parsing`): an xlsx
as a stream (`xlsx`, `xlsx_rows`), whatever its length, other kinds as a whole (`other_workbooks`).
Verbs: `read_sheets`, `write_workbook`, `typeset`, `qr_svg`, `keep`, `kept`, `forget`, `SealedStore.stored`.
"""
