"""PostgreSQL whose kept connections are looked at, not asked, and whose indexes cost what they do in memory."""
