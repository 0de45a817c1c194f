"""Attendance: who really came, from when to when, and whose service was approved.

Owns: service records (志愿服务记录) with scheduled, present and credited minutes apart, and every approval and correction of
them. Does not own: places and sign-ups (activities), the hours themselves (bank, ledger).

Verbs: `check_in`, `take_back_check_in`, `check_out`, `correct_presence`, `record_many`, `approve`, `approve_activity`,
`refuse`, `settle_record`, `settle_missing`, `renew_due_days`, `remind_of_due`. Sub-packages: `codes`, `kiosk` and `offline`
are the other ways to come and go (`arrive`), `sites` where activities are held, `closing` what was forgotten, `anomalies`
what looks odd, `outcomes` what came of the service, `records` lists and files of records.
`approve` deposits a record's hours, once, in its own transaction. Locks are taken in this order: people, sign-ups, records,
then the bank's.
"""
