"""Fairness 公平: how places were shared out, by group and age, among how many, and who waits longest. Reads only."""
