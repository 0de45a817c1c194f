"""PostgreSQL whose kept connections are looked at, not asked, before each request."""
