"""Pulling from 志愿汇 by its partner interface (接口拉取): the third adapter beside the two spreadsheets.

Owns: the signature, the paging, how far each resource was read, the runs. Does not own: what becomes of a row (judging and
crediting are those of the files), people (only their blind index is asked), the way out (`doors.outgoing`).

What is known of the interface is public hearsay: `POST …/api/syn/{resource}.do`, signed with HMAC-SHA1; `time`, `maxid`,
`rows` in; `errCode`, `maxid`, `data` out. Identity numbers are turned into their blind index as soon as an answer is read;
neither they nor phones, mail or addresses are stored or logged.

Verbs: `pull_zhiyuanhui`, `pull_if_due`. The cursor is written in the transaction that took the rows in, so whoever is killed
goes on exactly there.
"""
