"""Receipts: what was issued holds offline, anything changed does not, and a rewritten book is found out by what was kept."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xinshi.kernel.actor import Actor
from xinshi.ledger import receipts, sealing
from xinshi.ledger.checking import check_book
from xinshi.ledger.domain import NotProvenYet, TransferUnknown
from xinshi.ledger.models import Entry, Seal, SealNode, Transfer
from xinshi.ledger.proof.checking import Anchors, Outcome, check_receipt
from xinshi.ledger.proof.command import main
from xinshi.ledger.proof.receipts import CANONICAL_FIELDS, Receipt, read_receipt
from xinshi.ledger.proof.seal_list import as_csv, as_json, read_seals
from xinshi.ledger.proof.seals import GENESIS_HASH, rows_only_hash
from xinshi.ledger.tests.conftest import Book
from xinshi.ledger.tests.test_tampering import without_triggers
from xinshi.ledger.verification import verify


@pytest.fixture
def sealed(book: Book, seal_now: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> Book:
    """Thirteen lines under five seals."""
    monkeypatch.setattr(sealing, "SEAL_ROWS_MAX", 3)
    for number in range(13):
        book.deposit(f"d{number}", number % 4, 60 + number)
    assert seal_now() == 13
    assert [seal.rows for seal in Seal.objects.order_by("n")] == [3, 3, 3, 3, 1]
    return book


def ids() -> list[int]:
    return list(Transfer.objects.order_by("id").values_list("id", flat=True))


def file_of(transfer_id: int) -> bytes:
    return receipts.receipt_file(receipts.receipt_for(transfer_id))


def outcome(data: bytes, **anchors: Any) -> Outcome:
    return check_receipt(data, Anchors(**anchors)).outcome


def head() -> tuple[int, str]:
    last = Seal.objects.order_by("-n")[0]
    return last.n, last.hash


def failed(data: bytes, **anchors: Any) -> list[str]:
    return [step.code for step in check_receipt(data, Anchors(**anchors)).steps if step.outcome is Outcome.FAILS]


def test_every_line_has_a_receipt_that_holds_offline(sealed: Book) -> None:
    seals = read_seals(as_json(receipts.headers(), bank={}, exported_at=""))
    key = receipts.receipt_for(ids()[0]).bank.public_key
    for transfer_id in ids():
        data = file_of(transfer_id)
        assert read_receipt(data).line["id"] == transfer_id
        assert outcome(data, head=head(), seals=seals, public_key=key) is Outcome.HOLDS
        assert len(data) < 8_000


def test_a_receipt_goes_on_holding_while_the_book_grows(sealed: Book, seal_now: Callable[[], int]) -> None:
    data, old_head = file_of(ids()[0]), head()
    for number in range(20):
        sealed.deposit(f"later{number}", 0, 60)
        seal_now()
    assert verify().ok
    assert outcome(data, head=old_head) is Outcome.HOLDS
    assert outcome(data, head=head()) is Outcome.OPEN
    assert outcome(data, seals=read_seals(as_csv(receipts.headers()))) is Outcome.HOLDS
    assert outcome(file_of(ids()[0]), head=head()) is Outcome.HOLDS
    assert receipts.check_here(data).outcome is Outcome.HOLDS


def test_a_line_that_is_not_sealed_yet_has_no_receipt(sealed: Book) -> None:
    posted = sealed.deposit("fresh", 0, 60)
    with pytest.raises(NotProvenYet):
        receipts.receipt_for(posted.id)
    with pytest.raises(TransferUnknown):
        receipts.receipt_for(10**12)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every single value of a receipt."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = list(pairs)
    if not found:
        yield way
    for name, inner in found:
        yield from places(inner, (*way, name))


OTHERS = st.one_of(
    st.integers(-5, 2**64), st.text(max_size=70), st.none(), st.booleans(), st.lists(st.integers()), st.floats()
)


def nearly(value: Any) -> st.SearchStrategy[Any]:
    """Another value that looks much like this one."""
    if isinstance(value, str) and value:
        signs = st.sampled_from("0123456789abcdefZ ")
        return st.builds(lambda at, sign: value[:at] + sign + value[at + 1 :], st.integers(0, len(value) - 1), signs)
    return st.integers(0, 10_000) if isinstance(value, int) else OTHERS


@settings(max_examples=250, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_single_change_makes_a_receipt_fail(sealed: Book, data: st.DataObject) -> None:
    good = json.loads(file_of(ids()[4]))
    way = data.draw(st.sampled_from(sorted(places(good), key=str)))
    changed = copy.deepcopy(good)
    place = changed
    for name in way[:-1]:
        place = place[name]
    was = place[way[-1]]
    new = data.draw(st.one_of(nearly(was), OTHERS))
    if type(new) is type(was) and new == was:
        return
    place[way[-1]] = new
    assert outcome(json.dumps(changed).encode()) is not Outcome.HOLDS, (way, was, new)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whoever_signs_a_changed_receipt_anew_still_fails_against_what_was_kept(
    sealed: Book, data: st.DataObject
) -> None:
    """The forger has a key of their own, or even the bank's: line, seals and paths must still make the published seal."""
    good, forger = json.loads(file_of(ids()[4])), Ed25519PrivateKey.generate()
    ways = [way for way in places(good) if way[0] in ("row", "index", "path", "seal", "head", "head_path")]
    way = data.draw(st.sampled_from(sorted(ways, key=str)))
    place = good
    for name in way[:-1]:
        place = place[name]
    was = place[way[-1]]
    place[way[-1]] = data.draw(nearly(was))
    if place[way[-1]] == was:
        return
    good["bank"]["public_key"] = forger.public_key().public_bytes_raw().hex()
    try:
        forged = read_receipt(json.dumps(good).encode()).signed_by(forger)
    except ValueError:
        return
    assert forged.is_signed
    assert failed(receipts.receipt_file(forged), head=head()), (way, was)


def test_a_part_left_out_put_in_or_put_twice_is_seen(sealed: Book) -> None:
    good = json.loads(file_of(ids()[0]))
    for name in good:
        assert outcome(json.dumps({key: value for key, value in good.items() if key != name}).encode()) in (
            Outcome.FAILS,
            Outcome.OPEN,
        )
    assert outcome(json.dumps(good | {"note": "x"}).encode()) is Outcome.FAILS
    twice = file_of(ids()[0]).replace(b'"index"', b'"index": 5, "index"', 1)
    assert outcome(twice) is Outcome.OPEN
    for nonsense in (b"", b"{}", b"[]", b"\xff", b'{"format": "xinshi-receipt-1"}', b"[" * 70_000, b"1" * 70_000):
        assert outcome(nonsense) is not Outcome.HOLDS


def reseal(from_n: int) -> None:
    """What an intruder with all rights does after changing a line: every seal from there on anew, with its history."""
    without_triggers(
        [
            f"DELETE FROM ledger_seal WHERE n >= {from_n}",
            f"DELETE FROM ledger_seal_node WHERE position >= {2 * (from_n - 1) - (from_n - 1).bit_count()}",
        ]
    )
    while sealing.seal():
        pass


def test_a_rewritten_book_is_found_out_by_a_receipt_and_by_a_published_seal(sealed: Book) -> None:
    """Trigger off, one line raised on every side, the tail sealed anew: inside all agrees, to what was kept it does not."""
    target = ids()[4]
    before, published = file_of(target), head()
    kept = read_seals(as_json(receipts.headers(), bank={}, exported_at=""))
    entry = Entry.objects.get(transfer_id=target, account_id__in=sealed.people)
    later = f"account_id = {entry.account_id} AND seq >= {entry.seq}"
    without_triggers(
        [
            f"UPDATE ledger_transfer SET minutes = minutes + 600 WHERE id = {target}",
            f"UPDATE ledger_entry SET amount = amount + 600 WHERE transfer_id = {target}",
            f"UPDATE ledger_entry SET balance_after = balance_after + 600 WHERE {later}",
            f"UPDATE ledger_balance SET posted = posted + 600 WHERE account_id = {entry.account_id}",
        ]
    )
    assert not verify().ok
    reseal(2)
    assert verify().ok, "the forger did it well: inside, nothing can be seen"
    after = file_of(target)
    assert outcome(before, head=published) is Outcome.HOLDS
    assert failed(after, head=published) == ["published_head"]
    assert failed(after, seals=kept) == ["seal_list"]
    assert {"own_line", "own_seal"} <= {
        step.code for step in receipts.check_here(before).steps if step.outcome is Outcome.FAILS
    }
    now = read_seals(as_json(receipts.headers(), bank={}, exported_at=""))
    assert failed(before, seals=now) == ["seal_list"]
    assert failed(before, head=head()) == ["published_head"]


def make_format_1(per_seal: int) -> None:
    """Seal what stands by the older format, as the release before this one did."""
    rows = list(Transfer.objects.order_by("id").values_list(*CANONICAL_FIELDS))
    prev = GENESIS_HASH
    for number, start in enumerate(range(0, len(rows), per_seal), 1):
        part = rows[start : start + per_seal]
        fingerprint = rows_only_hash(prev, sealing.canonical_rows(part))
        values = {
            "from_id": part[0][0],
            "to_id": part[-1][0],
            "rows": len(part),
            "prev_hash": prev,
            "hash": fingerprint,
        }
        Seal.objects.create(n=number, sealed_at="2026-01-01T00:00:00Z", **values)
        prev = fingerprint


def test_a_book_with_older_seals_goes_on_and_their_lines_get_receipts(book: Book, seal_now: Callable[[], int]) -> None:
    for number in range(11):
        book.deposit(f"d{number}", number % 4, 60 + number)
    make_format_1(per_seal=2)
    old = list(Seal.objects.order_by("n").values_list("n", "hash", "root"))
    assert verify().ok
    with pytest.raises(NotProvenYet):
        receipts.receipt_for(ids()[0])
    seal_now()
    assert verify().ok, "older seals in the history already, no newer one yet"
    book.deposit("new", 0, 60)
    assert seal_now() == 1
    assert list(Seal.objects.order_by("n").values_list("n", "hash", "root"))[:6] == old
    assert SealNode.objects.count() == 2 * 7 - 3
    assert verify().ok
    kept = read_seals(as_csv(receipts.headers()))
    assert kept.is_whole
    for transfer_id in ids():
        data = file_of(transfer_id)
        assert outcome(data, head=head(), seals=kept) is Outcome.HOLDS
        noted = [step.code for step in check_receipt(data).steps if step.outcome is Outcome.NOTED]
        assert ("older_seal" in noted) == (transfer_id != ids()[-1])
        assert receipts.check_here(data).outcome is Outcome.HOLDS
    good = json.loads(file_of(ids()[0]))
    for name, other in (("sealed_at", "2026-01-01T00:00:01.000000+00:00"), ("root", "0" * 64), ("rows", 3)):
        changed = good | {"seal": good["seal"] | {name: other}}
        assert "seal_in_head" in failed(json.dumps(changed).encode()) or "line_in_seal" in failed(
            json.dumps(changed).encode()
        )


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE ledger_seal_node SET hash = '{other}' WHERE position = 1",
        "DELETE FROM ledger_seal_node WHERE position = 4",
        "UPDATE ledger_seal SET sealed_at = '2020-01-01 00:00:00+00' WHERE n = 2",
        "UPDATE ledger_seal SET root = '{other}' WHERE n = 3",
        "UPDATE ledger_seal SET history = '{other}' WHERE n = 5",
        "UPDATE ledger_seal SET root = '', history = '' WHERE n = 5",
    ],
)
def test_verify_sees_what_is_done_to_seals_and_their_history(sealed: Book, tampering: str) -> None:
    assert verify().ok
    without_triggers([tampering.format(other="0" * 64)])
    assert "seal" in verify().first_difference


@pytest.mark.parametrize("table", ["ledger_seal", "ledger_seal_node", "ledger_reconciliation"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_refuses_to_change_what_was_sealed(sealed: Book, table: str, change: str) -> None:
    check_book(actor=Actor.system("tests"))
    column = {"ledger_seal": "rows", "ledger_seal_node": "position", "ledger_reconciliation": "checks"}[table]
    refused = pytest.raises(DatabaseError, match="never changed or deleted")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table, column, column))


def run_command(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The plain command in a Python that has no Django at all."""
    program = "import sys\nsys.modules['django'] = None\nfrom xinshi.ledger.proof.command import main\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}raise SystemExit(main(sys.argv[1:]))", *arguments, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else {}


def test_is_checked_on_a_machine_without_database_or_django(sealed: Book, tmp_path: Path) -> None:
    receipt, seals = tmp_path / "receipt.json", tmp_path / "seals.csv"
    receipt.write_bytes(file_of(ids()[0]))
    call_command("export_seals", str(seals))
    key = receipts.receipt_for(ids()[0]).bank.public_key
    n, fingerprint = head()
    status, said = run_command(str(receipt), "--head", f"{n}:{fingerprint}", "--seals", str(seals), "--public-key", key)
    assert (status, said["outcome"]) == (0, "holds")
    assert [step["code"] for step in said["steps"]] == [
        "complete",
        "signature",
        "line_in_seal",
        "seal_in_head",
        "public_key",
        "published_head",
        "seal_list_whole",
        "seal_list",
    ]
    status, said = run_command(str(receipt), "--head", f"{n}:{'0' * 64}")
    assert (status, said["holds"]) == (1, False)
    assert run_command(str(receipt), "--head", f"{n + 1}:{fingerprint}")[0] == 2
    assert run_command(str(receipt), "--public-key", "0" * 64)[0] == 1
    assert run_command(str(tmp_path / "missing.json"))[0] == 2
    assert run_command(str(receipt), "--seals", str(receipt))[0] == 2


def test_says_it_in_both_languages(sealed: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    receipt = tmp_path / "receipt.json"
    receipt.write_bytes(file_of(ids()[0]))
    assert main([str(receipt)]) == 0
    said = capsys.readouterr().out
    assert "Yes, the receipt holds." in said
    assert "成立" in said
    assert "Not checked: whether the bank's book is still the one" in said


def test_a_list_of_seals_that_was_altered_is_not_whole(sealed: Book) -> None:
    listed = [seal.as_json() for seal in receipts.headers()]
    assert read_seals(as_csv(receipts.headers())).is_whole
    for n in range(len(listed)):
        for name, other in (("hash", "0" * 64), ("root", "1" * 64), ("history", "2" * 64), ("to_id", 10**6)):
            changed = copy.deepcopy(listed)
            changed[n][name] = other
            content = {"format": "xinshi-seals-1", "seals": changed}
            assert not read_seals(json.dumps(content).encode()).is_whole


def test_no_name_is_in_a_receipt(sealed: Book) -> None:
    said: Receipt = receipts.receipt_for(ids()[0])
    assert said.line["actor_ref"] == "user:1"
    assert set(said.as_json()) == {
        "format",
        "bank",
        "issued_at",
        "row",
        "index",
        "path",
        "seal",
        "head",
        "head_path",
        "signature",
    }
