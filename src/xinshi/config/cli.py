"""The `xinshi` command. Two words such as `import volunteers` name the management command `import_volunteers`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinshi.config.settings")
    import django
    from django.core.management import execute_from_command_line, get_commands

    django.setup()  # Before that, Django knows no commands but its own, and remembers so.
    arguments = sys.argv[1:]
    if len(arguments) > 1 and f"{arguments[0]}_{arguments[1]}" in get_commands():
        arguments = [f"{arguments[0]}_{arguments[1]}", *arguments[2:]]
    execute_from_command_line(["xinshi", *arguments])
