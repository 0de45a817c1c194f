"""Check-in without a network 离线签到: the phone keeps what it scanned and sends it later; the server judges.

Owns: the service worker, the grants that phones keep, judging what is sent late. Does not own: codes and what they do.
Verbs: `send_late`.
"""
