"""Cooperation agreements 合作协议: drafted, put in force, reminded of, ended; with their scans and their history."""
