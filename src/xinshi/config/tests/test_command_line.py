"""The `xinshi` command: two words, help for people, exit status."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from xinshi.config.cli import OFFLINE, command_words, help_text, unknown_text

KNOWN = {"import_volunteers": "xinshi.bank", "verify": "xinshi.ledger", "migrate": "xinshi.config"}


def test_two_words_name_one_command() -> None:
    assert command_words(["import", "volunteers", "a.xlsx"], KNOWN) == ["import_volunteers", "a.xlsx"]
    assert command_words(["verify", "--json"], KNOWN) == ["verify", "--json"]
    assert command_words([], KNOWN) == []


def test_help_lists_the_banks_own_commands_and_what_they_do() -> None:
    text = help_text(KNOWN)
    assert "import volunteers  " in text
    assert "  verify " in text
    assert "  migrate " in text
    assert "Exit status" in text


def test_a_mistyped_command_is_answered_with_what_is_near() -> None:
    assert "Did you mean: import volunteers?" in unknown_text(["import", "volunters"], KNOWN)
    assert "Did you mean: verify?" in unknown_text(["verfy"], KNOWN)
    assert "xinshi --help" in unknown_text(["qqqq"], KNOWN)


@pytest.mark.any_database
def test_what_is_done_offline_has_its_program() -> None:
    assert set(OFFLINE) == {("verify", "receipt"), ("verify", "statement"), ("conformance",)}
    assert all(callable(import_module(module).main) for module in OFFLINE.values())


@pytest.mark.slow
def test_an_unknown_command_ends_with_status_2(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "xinshi", "nothing-like-it"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "nothing-like-it" in done.stderr
