"""Opening accounts at the station 志愿服务站: from a spreadsheet 花名册, or one person at a time.

Owns: the columns of a roster, what is wrong with a row, duplicates, the spreadsheet of rejected rows, the files kept
between preview and confirmation. Does not own: the archive (people), departments (organizations), passbooks (bank.actions).
Verbs: `import_roster`, `open_account`.
"""
