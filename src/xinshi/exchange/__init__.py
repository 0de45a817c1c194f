"""The exchange of hours with other platforms (通存通兑). So far with 志愿汇, by spreadsheets.

Owns: partners, the files they sent, who handed these over, every row of them and what was decided on it, what people said
about odd columns of each sender's files, the honorary files that went out, what rounding kept back of minutes, and what came
back compared with them (`returning`). Does not own: passbooks (bank), the book (ledger), presence (attendance).

Nothing is counted twice: a file is known by the content of its rows, however it was saved; a row with times by person, start
and end; a row without times that equals one of another file, and a segment that overlaps service known already, wait for a
person. Whatever a row became, its line stays (`exchange-line:ID`) and says so.

A file is taken in by portions of 2,000 rows. Each is one transaction: its lines, its deposits and the cursor of the run
(`ImportRun`), so that whoever goes on after a kill goes on exactly there. Rows whose person is not found wait in the inbox
and flow on by themselves when their person registers, gets the number or a passbook.

Verbs: `import_zhiyuanhui`, `start_run`, `stop_run`, `continue_run`, `go_on_with_imports`, `remember_columns`,
`change_columns`, `forget_columns`, `match_lines`, `lines_not_ours`, `look_again`, `accept_lines`, `discard_lines`,
`export_zhiyuanhui`.

Locks: the partner's row first, then the run's, then lines, then what the bank locks.
"""
