"""Recognition: star volunteers (星级志愿者) and the honour roll.

Owns: who was promoted to which star, when and by which policy; the honour roll. Does not own: the star level itself (on
the passbook, bank), certified hours (bank), the thresholds (the bank's policy).

Verbs: `promote`, `promote_all`, called by the listeners in `tasks`. Stars only rise: neither a redemption nor a reversal
nor a stricter policy takes one away.
"""
