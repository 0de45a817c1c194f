"""The kit finds nothing wrong with a bank that speaks the protocol, and every planted mistake in one that does not."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xinshi.interbank.conformance import kit as program
from xinshi.interbank.conformance.listening import listening
from xinshi.interbank.conformance.tests.toy import KIND_REFUSED, LIMIT, Toy, public_of, serving
from xinshi.interbank.conformance.wire import token

pytestmark = pytest.mark.any_database
DOCS = Path(__file__).parents[5] / "docs" / "protocol"
PAIR = "11" * 32
WITHOUT_CONSENT = "05:E99000001"
LAST_WORDS = ("grants_less", "other_signature")
"""Mistakes that are found in what comes, not in what does not come."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def partnered(wrong: str = "") -> tuple[Toy, dict[str, Any]]:
    config = program.new_config() | {"pair_key_hex": PAIR, "person": "01:11010519491231002X"}
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(config["private_key_hex"]))
    toy = Toy(
        partner=config["from"],
        partner_key=base64.b64decode(public_of(private)),
        person=token(bytes.fromhex(PAIR), "01", "11010519491231002x"),
        without_consent=token(bytes.fromhex(PAIR), *WITHOUT_CONSENT.split(":")),
        wrong=wrong,
    )
    more: dict[str, Any] = {"person_without_consent": WITHOUT_CONSENT}
    more |= {"over_limit_minutes": LIMIT + 1, "kind_not_agreed": KIND_REFUSED}
    more |= {"request_minutes": 6, "listen_seconds": 10 if wrong in ("", *LAST_WORDS) else 1}
    return toy, config | more | {"to": toy.code, "bank_public_key": public_of(toy.private)}


def outcomes(wrong: str = "") -> dict[str, program.Result]:
    toy, config = partnered(wrong)
    with serving(toy) as address:
        kit = program.Kit(address, config)
        with listening(kit, "127.0.0.1", 0) as ears:
            toy.partner_address = ears.address
            return {one.code: one for one in program.run(kit)}


def test_nothing_is_wrong_with_a_bank_that_speaks_the_protocol() -> None:
    found = outcomes()
    assert {code: one.detail for code, one in found.items() if one.outcome != "passed"} == {}
    assert len(found) == len(program.CHECKS) >= 30


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ("no_size_limit", "huge-body"),
        ("lenient_json", "form-of-bodies"),
        ("extra_fields", "form-of-bodies"),
        ("one_bad_stops_all", "several"),
        ("no_stale", "stale"),
        ("any_signature", "bad-signature"),
        ("repeat_is_reused", "repeat"),
        ("window", "too-far"),
        ("no_gap", "out-of-turn"),
        ("forgets_waiting", "out-of-turn"),
        ("no_chain", "chain-broken"),
        ("no_dispute", "chain-broken"),
        ("refused_takes_no_place", "expired"),
        ("no_expired", "expired"),
        ("no_key_reused", "key-reused"),
        ("no_no_consent", "nobody"),
        ("no_kind_not_agreed", "kind"),
        ("no_limit_exceeded", "over-limit"),
        ("no_implausible", "future"),
        ("breaks_at_the_end", "last-moment"),
        ("no_expired", "expired-waiting"),
        ("requests_any_key", "key-of-a-transfer"),
        ("knows_everybody", "no-consent"),
        ("forty_nine", "just-fits"),
        ("unordered_answers", "just-fits"),
        ("minds_charset", "content-type"),
        ("any_algorithm", "signature-form"),
        ("no_stale", "one-query"),
        ("breaks_on_names", "odd-names"),
        ("forgets_close", "closing"),
        ("wrong_list", "entries"),
        ("unordered_list", "entries"),
        ("any_cursor", "entries"),
        ("closes_used_keys", "key-asked-for"),
        ("grants_less", "granted"),
        ("gives_up", "granted"),
        ("new_key", "granted"),
        ("other_signature", "granted"),
        ("never_confirms", "granted"),
    ],
)
def test_every_planted_mistake_is_found(wrong: str, check: str) -> None:
    found = outcomes(wrong)
    assert found[check].outcome == "failed", {code: one.detail for code, one in found.items() if one.detail}
    assert found[check].detail


@pytest.mark.parametrize("wrong", ["unsigned", "answer_context", "about_nothing"])
def test_a_bank_whose_answers_cannot_be_trusted_is_wrong_from_the_first_word(wrong: str) -> None:
    toy, config = partnered(wrong)
    with serving(toy) as address, pytest.raises(program.Wrong):
        program.run(program.Kit(address, config))


def test_alone_it_runs_without_this_program_and_says_what_it_found(tmp_path: Path) -> None:
    for name in ("kit.py", "wire.py", "edges.py", "listening.py"):
        (tmp_path / name).write_bytes((Path(program.__file__).parent / name).read_bytes())
    toy, config = partnered("no_stale")
    (tmp_path / "partner.json").write_text(json.dumps(config))
    with serving(toy) as address:
        lines = [
            f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import kit",
            "assert not any(name.startswith('xinshi') for name in sys.modules)",
            "sys.exit(kit.main(sys.argv[1:]))",
        ]
        command = [sys.executable, "-I", "-c", "; ".join(lines)]
        options = ["--config", "partner.json", "--vectors", str(DOCS / "vectors.json"), "--state", "state.json"]
        options += ["--listen", f"127.0.0.1:{free_port()}"]
        toy.partner_address = f"http://{options[-1]}"
        done = subprocess.run(
            [*command, address, *options], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✗ stale" in done.stdout
    assert "✗ one-query" in done.stdout
    assert "2 wrong" in done.stdout
    assert json.loads((tmp_path / "state.json").read_text())["sequence"] == toy.next_sequence


def test_where_nothing_can_be_tried_the_status_is_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toy, config = partnered()
    (tmp_path / "partner.json").write_text(json.dumps(config))
    given = ["--config", str(tmp_path / "partner.json"), "--json"]
    assert program.main(["http://127.0.0.1:9", *given]) == 2
    assert program.main(["--json"]) == 2
    with serving(toy) as address:
        assert program.main([address, *given]) == 0
        assert program.main([address, *given]) == 2, "the stream goes on where it stood, which this run does not know"
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer.get("failed") for answer in answers] == [None, None, 0, None]


def test_the_worked_examples_agree_with_the_kit() -> None:
    assert list(program.vector_faults(json.loads((DOCS / "vectors.json").read_text()))) == []
