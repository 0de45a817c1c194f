"""The exchange of hours with other platforms (通存通兑). So far with 志愿汇, by spreadsheets.

Owns: partners, the files they sent, every row of them and what was decided on it, the honorary files that went out, the
minutes that rounding kept back. Does not own: passbooks (bank), the book (ledger), presence (attendance).

Nothing is counted twice: a file is known by the content of its rows, however it was saved; a row with times by person, start
and end; a row without times that equals one of another file, and a segment that overlaps service known already, wait for a
person. Whatever a row became, its line stays (`exchange-line:ID`) and says so.

Verbs: `import_zhiyuanhui`, `accept_line`, `discard_line`, `export_zhiyuanhui`.

Locks: the partner's row first, then what the bank locks.
"""
