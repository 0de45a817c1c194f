"""`xinshi find overlaps`: look once more at all hours that a time bank may have told as well."""

from __future__ import annotations

from typing import Any

from xinshi.doors.commands import DONE, XinshiCommand
from xinshi.interbank.overlaps.actions import look_again
from xinshi.kernel.actor import Actor


class Command(XinshiCommand):
    help = "Set aside hours that may have been counted twice and were not seen when they came in. It may be repeated."

    def run(self, options: dict[str, Any]) -> int:
        found = look_again(actor=Actor.system("find overlaps"))
        if options["json"]:
            self.print_json({"found": found})
        else:
            self.stdout.write(f"{found} deposits set aside for review.")
        return DONE
