"""Databases and servers of a harness's own: made for one run, gone afterwards even if the run fails."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
POSTGRES_URL = os.environ.get("XINSHI_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
STARTED_WITHIN_SECONDS = 60
PORTS = range(18_000, 30_000)
"""Below the ports that the system gives to clients: a client that retries can otherwise connect to itself."""


@dataclass(slots=True)
class Scratch:
    """A PostgreSQL database and a data folder, and the programs that run over them."""

    name: str
    folder: Path
    server_url: str = POSTGRES_URL
    settings: dict[str, str] = field(default_factory=dict)
    """Further settings of every program over this database, without the prefix XINSHI_."""

    @property
    def url(self) -> str:
        return urlsplit(self.server_url)._replace(path=f"/{self.name}").geturl()

    def environment(self, **more: str) -> dict[str, str]:
        """The settings of a program over this database; `more` without the prefix XINSHI_."""
        given = {
            "database_url": self.url,
            "data_dir": str(self.folder),
            "log_level": "ERROR",
            "web_processes": "2",
            "web_threads": "4",
        } | (self.settings | more)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("XINSHI_", "DJANGO_", "PYTEST"))
        }
        ours = {f"XINSHI_{name.upper()}": value for name, value in given.items()}
        return (
            kept | ours | {"DJANGO_SETTINGS_MODULE": "xinshi.config.settings", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        )

    def run(self, *arguments: str, check: bool = True, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        """`python -m …` over this database."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            env=self.environment(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"{arguments}: {done.stdout[-2_000:]}{done.stderr[-4_000:]}")
        return done

    def verify(self, *arguments: str) -> dict[str, Any]:
        """What `xinshi verify --json` says."""
        answer: dict[str, Any] = json.loads(self.run("xinshi", "verify", "--json", *arguments, check=False).stdout)
        return answer

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows as the database has them, past the program."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()

    def change(self, *statements: str) -> None:
        """What somebody with the database's own password does: triggers are off."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement)


def _administer(statement: str, server_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)


def migrate(over: Scratch) -> None:
    """Bring an empty database of PostgreSQL up to date."""
    over.run("xinshi", "migrate", "-v0", seconds=900)


@contextlib.contextmanager
def migrated() -> Iterator[Scratch]:
    """A migrated database without a row: a copy of what the tests of this run migrated, where they did."""
    template = os.environ.get("XINSHI_TEST_TEMPLATE", "")
    with scratch(template=template) as database:
        if not template:
            migrate(database)
        yield database


@contextlib.contextmanager
def scratch(copy_of: Scratch | None = None, *, server_url: str = POSTGRES_URL, template: str = "") -> Iterator[Scratch]:
    """An empty database, a copy of another with its keys, or of the database `template`; dropped at the end."""
    name = f"xinshi_trust_{os.getpid()}_{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix="xinshi-trust-") as folder:
        source = copy_of.name if copy_of else template
        _administer(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{source}"' if source else ""), server_url)
        try:
            yield Scratch(name, copy_of.folder if copy_of else Path(folder), server_url)
        finally:
            _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', server_url)


def free_port() -> int:
    for port in (secrets.choice(PORTS) for _ in range(100)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


@dataclass(slots=True)
class Server:
    """`xinshi serve`, or another module that serves the same, in a process group of its own."""

    over: Scratch
    module: tuple[str, ...] = ("xinshi", "serve")
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers at all."""
        log = (self.over.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.module],
            env=self.over.environment(port=str(self.port)),
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        atexit.register(self.kill)
        deadline = time.monotonic() + STARTED_WITHIN_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the server does not answer: {(self.over.folder / 'server.log').read_text()[-4_000:]}")

    def answers_well(self) -> bool:
        """Whether `/healthz` says that all is well, worker and book included."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """SIGKILL for the server and every process that it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def has_ended(self) -> bool:
        """It ends by itself where one web worker dies twice within seconds; whoever operates it starts it again."""
        return self.process is not None and self.process.poll() is not None

    def children(self) -> list[int]:
        """The ids of the processes that the server started: web workers, and the worker that delivers and seals."""
        if self.process is None:
            return []
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[1]) == self.process.pid and fields[0] != "Z":
                    found.append(int(stat.parent.name))
        return sorted(found)

    def kill_one_of(self, pids: list[int], number: int) -> bool:
        """SIGKILL for one child; False where none is there."""
        if not pids:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[number % len(pids)], signal.SIGKILL)
        return True
