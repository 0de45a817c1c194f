"""What the bank owes: outstanding hours by age, kind and group, against what benefits can give (存量与兑付).

Owns: these reads, the forecast, and one snapshot a month, written once. Does not own: anything that they are counted from;
which minutes go first is the bank's own replay (`bank.replay`).
Verbs: `take_snapshot`.
"""
