"""The shell of the REST API: one NinjaAPI under /api/v1/ that every room's router joins; authentication; problems."""
