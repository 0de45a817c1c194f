"""`xinshi demo`: the invented hospital, in an empty database."""

from __future__ import annotations

import time
from typing import Any

from xinshi.demo.actions import create_demo_hospital
from xinshi.doors.commands import DONE, XinshiCommand


class Command(XinshiCommand):
    help = "Create the demo hospital in an empty database: invented people and two years of service."

    def run(self, options: dict[str, Any]) -> int:
        started = time.monotonic()
        create_demo_hospital(stage=self.progress)
        seconds = round(time.monotonic() - started, 1)
        if options["json"]:
            self.print_json({"created": True, "seconds": seconds})
        else:
            self.stdout.write(f"The demo hospital stands ({seconds} s).")
        return DONE
