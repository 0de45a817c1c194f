"""`./run test [ARGS]`: every test on SQLite, then on PostgreSQL where one is reachable (in CI it must be).

XINSHI_TEST_POSTGRES_URL names the server and a database to connect to; the tests make databases of their own there.
Browser tests run once, on SQLite; without Chromium they are skipped with a hint, in CI they must run.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

POSTGRES_URL = os.environ.get("XINSHI_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
PASSED, NOTHING_COLLECTED = 0, 5
"""Exit statuses of pytest; ARGS that name one room leave a run without tests."""
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


def postgres_is_reachable() -> bool:
    import psycopg

    try:
        with psycopg.connect(POSTGRES_URL, connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


def names_tests(arguments: list[str]) -> bool:
    """Whether ARGS say which tests: a file, a folder, or one test in a file."""
    return any(Path(argument.partition("::")[0]).exists() for argument in arguments if not argument.startswith("-"))


def administer(statement: str) -> None:
    import psycopg

    with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
        server.execute(statement)


@contextmanager
def migrating(data_dir: str) -> Iterator[Callable[[], str]]:
    """A database of PostgreSQL is migrated in the background and dropped at the end.

    Yields a function that waits for it and answers its name; nothing where that failed: the tests then migrate themselves,
    and say why they cannot.
    """
    name = f"xinshi_test_migrated_{secrets.token_hex(5)}"
    server = urlsplit(POSTGRES_URL)
    administer(f'CREATE DATABASE "{name}"')
    environment = os.environ | {
        "XINSHI_DATABASE_URL": urlunsplit((server.scheme, server.netloc, f"/{name}", server.query, "")),
        "XINSHI_DATA_DIR": str(Path(data_dir) / "migrating"),
        "XINSHI_LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen([sys.executable, "-m", "xinshi", "migrate", "--verbosity", "0"], env=environment)
    try:
        yield lambda: "" if process.wait() else name
    finally:
        process.kill()
        process.wait()
        administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def run_pytest(title: str, arguments: list[str], *, database_url: str, data_dir: str, migrated: str = "") -> int:
    """`migrated` is a database of PostgreSQL that the tests may copy."""
    print(f"\n== {title} ==", flush=True)
    environment = os.environ | {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(Path(data_dir) / "bytecode"),
        "XINSHI_DATABASE_URL": database_url,
        "XINSHI_DATA_DIR": data_dir,
        "XINSHI_LOG_LEVEL": "ERROR",
        "PYTHONHASHSEED": "0",
        "XINSHI_TEST_MIGRATED": migrated,
        "XINSHI_TEST_DEMO": str(Path(data_dir) / "demo"),
    }
    workers = [] if any(a.startswith("-n") for a in arguments) else ["-n", str(min(4, os.cpu_count() or 2))]
    command = [sys.executable, "-m", "pytest", "-q", "--dist", "worksteal", *workers, *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def main(arguments: list[str]) -> None:
    """Three runs: pages are tried in a browser apart, because a browser's event loop does not go with the ORM's tests.

    What does not depend on the database (who may open which address) is tried once. Compiled modules are kept for the run,
    also where the machine asks for none: the tests start some hundred programs. PostgreSQL's database is migrated while
    SQLite's workers wait for theirs, unless ARGS name tests, which may need neither.
    """
    subprocess.run([sys.executable, "tools/translations.py", "compile"], check=True)
    few = names_tests(arguments)
    in_browser = [] if few else ["tests/browser"]
    with ExitStack() as stack:
        data_dir = stack.enter_context(tempfile.TemporaryDirectory(prefix="xinshi-test-"))
        on_postgres = postgres_is_reachable()
        migrated = stack.enter_context(migrating(data_dir)) if on_postgres and not few else str
        statuses = [
            run_pytest("SQLite", ["-m", "not browser", *arguments], database_url="", data_dir=data_dir),
            run_pytest("Browser", ["-m", "browser", *in_browser, *arguments], database_url="", data_dir=data_dir),
        ]
        if on_postgres:
            chosen = ["-m", "not browser and not any_database", *arguments]
            where = {"database_url": POSTGRES_URL, "data_dir": data_dir, "migrated": migrated()}
            statuses.append(run_pytest("PostgreSQL", chosen, **where))
        elif IN_CI:
            print(f"PostgreSQL is not reachable at {POSTGRES_URL}; in CI it must be.", file=sys.stderr)
            statuses.append(1)
        else:
            print("PostgreSQL is not reachable, so its tests were left out (XINSHI_TEST_POSTGRES_URL).")
    failed = [status for status in statuses if status not in (PASSED, NOTHING_COLLECTED)]
    nothing_ran = all(status == NOTHING_COLLECTED for status in statuses)
    raise SystemExit(1 if failed or nothing_ran else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
