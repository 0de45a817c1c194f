"""`xinshi start`: what a bare `./run` does."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command

from xinshi.config.environment import environment
from xinshi.config.serving import serve
from xinshi.demo.actions import create_demo_hospital, is_empty
from xinshi.demo.hospital import DEMO_ACCOUNTS, PASSWORD
from xinshi.doors.commands import DONE, XinshiCommand
from xinshi.people.models import User


class Command(XinshiCommand):
    help = "Prepare the database, create the demo hospital if there is no data, then serve."

    def run(self, options: dict[str, Any]) -> int:  # noqa: ARG002  # There is nothing to choose but settings.
        call_command("migrate", verbosity=0, interactive=False)
        if is_empty():
            self.stdout.write("Creating the demo hospital (one to three minutes) … 正在创建示范医院……")
            self.stdout.flush()
            create_demo_hospital(stage=self.progress)
        call_command("collectstatic", verbosity=0, interactive=False)
        self.stdout.write(self.welcome())
        self.stdout.flush()
        serve()
        return DONE

    def welcome(self) -> str:
        address = f"http://{environment().host}:{environment().port}/"
        lines = ["", f"{settings.HOSPITAL_NAMES['zh-hans']} · 爱心时间银行", f"  {address}"]
        if User.objects.filter(username__in=DEMO_ACCOUNTS).count() == len(DEMO_ACCOUNTS):
            lines += ["", f"Demo accounts 演示账号 (password 密码 {PASSWORD}):"]
            lines += [f"  {name}" for name in DEMO_ACCOUNTS]
        return "\n".join([*lines, "", "Stop with Ctrl-C 按 Ctrl-C 停止", ""])
