"""Pages of the archive: the archive itself, one's own data, sign-ins."""
