"""`xinshi migrate`: Django's own, which is quicker here where there is nothing yet."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from django.core.management.commands import migrate

from xinshi.config.first_migration import FirstMigrationExecutor


class Command(migrate.Command):
    help = "Prepare or upgrade the database."

    def handle(self, *args: Any, **options: Any) -> None:
        with patch.object(migrate, "MigrationExecutor", FirstMigrationExecutor):  # Django leaves no other door.
            super().handle(*args, **options)
