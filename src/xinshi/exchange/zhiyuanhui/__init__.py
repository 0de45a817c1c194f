"""The adapter for the spreadsheets of 志愿汇: how its files look, in and out.

Owns: column names, the ways in which cells say hours and times, the honorary template. Does not own: what becomes of a row.
"""
