"""Reads of scheduling, filtered by who asks: periods, versions, who goes where, what stays empty and why."""
