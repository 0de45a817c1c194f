"""The `xinshi` command. Two words such as `import volunteers` name the management command `import_volunteers`."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

NOT_DONE: Final = 2
OFFLINE: Final = {
    ("verify", "receipt"): "xinshi.ledger.proof.command",
    ("verify", "statement"): "xinshi.interbank.statements.offline",
    ("conformance",): "xinshi.interbank.conformance.kit",
}
"""Done without settings, data folder or database, so that anybody can check the bank on a machine of their own."""
HEAD: Final = """Xinshi 心时, the hospital time bank.

Usage: xinshi COMMAND [OPTIONS]        xinshi COMMAND --help tells more
"""
FOOT: Final = """
Exit status: 0 done, 1 done but something is wrong (for example `verify` found a difference), 2 not done.
With --json a command prints one JSON object. Settings are XINSHI_… variables (docs/how-to/operate.md).
Django's own commands work too, for example `xinshi shell`."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinshi.config.settings")
    for words, module in OFFLINE.items():
        if tuple(sys.argv[1 : 1 + len(words)]) == words:
            raise SystemExit(import_module(module).main(sys.argv[1 + len(words) :]))
    import django
    from django.core.management import execute_from_command_line, get_commands

    django.setup()  # Before that, Django knows no commands but its own, and remembers so.
    known = get_commands()
    arguments = command_words(sys.argv[1:], known)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(help_text(known))
        return
    if arguments[0] not in known and not arguments[0].startswith("-"):
        print(unknown_text(arguments, known), file=sys.stderr)
        raise SystemExit(NOT_DONE)
    execute_from_command_line(["xinshi", *arguments])


def command_words(arguments: Sequence[str], known: Mapping[str, object]) -> list[str]:
    """The arguments with a command of two words made one: `import volunteers` → `import_volunteers`."""
    if len(arguments) > 1 and f"{arguments[0]}_{arguments[1]}" in known:
        return [f"{arguments[0]}_{arguments[1]}", *arguments[2:]]
    return list(arguments)


def help_text(known: Mapping[str, object]) -> str:
    rows = {spoken(name): summary(str(app), name) for name, app in known.items() if str(app).startswith("xinshi.")}
    width = max(map(len, rows))
    return "\n".join([HEAD, *(f"  {name:<{width}}  {rows[name]}" for name in sorted(rows)), FOOT])


def spoken(name: str) -> str:
    """How a person types the command: its first underscore is a space."""
    return name.replace("_", " ", 1)


def summary(app: str, name: str) -> str:
    from django.core.management import load_command_class

    return str(load_command_class(app, name).help)


def unknown_text(arguments: Sequence[str], known: Mapping[str, object]) -> str:
    typed = " ".join(arguments[:2])
    own = [spoken(name) for name, app in known.items() if str(app).startswith("xinshi.")]
    near = [name for name in own if name.split()[0] == arguments[0]] or difflib.get_close_matches(typed, own, n=3)
    hint = f" Did you mean: {', '.join(sorted(near))}?" if near else " `xinshi --help` lists the commands."
    return f"There is no command “{typed}”.{hint}"
