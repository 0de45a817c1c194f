"""Does a bank speak `xinshi-interbank/1`? Tries its address as a partner would, and as a bad or broken one would.

    python kit.py --new > partner.json      keys for a partner of tests; register them at the bank, fill in the rest
    python kit.py http://127.0.0.1:8000 --config partner.json

Exit status: 0 everything that was tried is right, 1 something is wrong, 2 nothing could be tried. Needs `cryptography`, and
`wire.py`, `edges.py`, `listening.py` beside it. Use a bank of tests: transfers are really applied, and the last check puts
the partner into dispute (`--keep-open` leaves it out).
"""

from __future__ import annotations

import argparse
import base64
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if __package__:
    from xinshi.interbank.conformance import edges
    from xinshi.interbank.conformance.listening import granted, listening
    from xinshi.interbank.conformance.wire import (
        BODY_MAX,
        Body,
        Kit,
        NoBank,
        NotTried,
        Wrong,
        canonical,
        day,
        digest,
        moment,
        signed_bytes,
        token,
    )
else:  # Copied away and run alone.
    import edges  # type: ignore[import-not-found,no-redef,unused-ignore]
    from listening import granted, listening  # type: ignore[import-not-found,no-redef,unused-ignore]
    from wire import (  # type: ignore[import-not-found,no-redef,unused-ignore]
        BODY_MAX,
        Body,
        Kit,
        NoBank,
        NotTried,
        Wrong,
        canonical,
        day,
        digest,
        moment,
        signed_bytes,
        token,
    )

Check = Callable[[Kit], None]
CHECKS: Final[list[tuple[str, str, Check]]] = []


def check(code: str, page: str) -> Callable[[Check], Check]:
    def keep(function: Check) -> Check:
        CHECKS.append((code, page, function))
        return function

    return keep


# Transport and form.


@check("post-only", "transport")
def _(kit: Kit) -> None:
    """Only POST is answered."""
    if kit.raw("/interbank/v1/messages", b"", "GET").status < 400:
        raise Wrong("GET was answered as if it were POST")


@check("no-json", "transport")
def _(kit: Kit) -> None:
    """What is no JSON, or not of the right form, is malformed."""
    for data in (
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"envelopes": 1}',
        b'{"envelopes": []}',
        b"\xff\xfe",
        b'{"envelopes": [[]]}',
    ):
        kit.refused(kit.raw("/interbank/v1/state", data), "malformed")
    kit.refused(kit.raw("/interbank/v1/state", b'{"envelopes": ' + b"[" * 50_000), "malformed")


@check("huge-body", "transport")
def _(kit: Kit) -> None:
    """A body of more than 262,144 bytes is too large."""
    try:
        reply = kit.raw("/interbank/v1/messages", b'{"envelopes": ["' + b"a" * BODY_MAX + b'"]}')
    except NoBank:
        return  # Cutting the line is an answer too.
    if reply.status != 413:
        raise Wrong(f"status {reply.status} for {BODY_MAX + 20} bytes")


@check("too-many", "transport")
def _(kit: Kit) -> None:
    """More than 50 envelopes are malformed."""
    kit.refused(kit.post("state", *[kit.envelope(kit.query()) for _ in range(51)]), "malformed", "too_large")


@check("form-of-bodies", "encoding")
def _(kit: Kit) -> None:
    """Fields missing or added, null, fractions, other types and forms are malformed."""
    good = kit.query()
    bad: list[Body] = [{**good, "more": 1}, {**good, "close": None}, {**good, "close": 1}, {**good, "asked_at": "now"}]
    bad += [
        {name: value for name, value in good.items() if name != "key"},
        {**good, "key": "T" * 20},
        {**good, "key": 5},
    ]
    bad += [{**good, "message": "A" * 64}, {**good, "message_type": "gift"}, {**good, "asked_at": moment() + " "}]
    for body in bad:
        kit.refused(kit.post("state", kit.envelope(body)), "malformed")
    text = json.dumps({"envelopes": [kit.envelope(good)]})
    for old, new in (
        ('"close": false', '"close": false, "close": false'),
        ('"version": 1', '"version": 1.0'),
        ('"version": 1', '"version": 1e0'),
        ('"type": "state"', '"type": "\\ud800"'),
    ):
        kit.refused(kit.raw("/interbank/v1/state", text.replace(old, new).encode()), "malformed")


@check("spelling", "encoding")
def _(kit: Kit) -> None:
    """White space, the order of members and escapes of the envelope do not matter: the canonical form is signed."""
    body = kit.query(key="t" + secrets.token_hex(15))
    envelope = kit.envelope(body)
    envelope["body"] = dict(reversed(list(body.items())))
    text = json.dumps({"envelopes": [envelope]}, indent=3).replace('"state"', '"\\u0073tate"')
    kit.expect(kit.told("state", body, kit.raw("/interbank/v1/state", text.encode())), state="absent")


@check("wrong-place", "transport")
def _(kit: Kit) -> None:
    """A body at an address that is not its own is malformed."""
    kit.refused(kit.post("messages", kit.envelope(kit.query())), "malformed")
    kit.refused(kit.post("state", kit.envelope(kit.message())), "malformed")


@check("unknown-key", "encoding")
def _(kit: Kit) -> None:
    """A key that the bank was not given is unknown."""
    kit.refused(kit.post("state", kit.envelope(kit.query(), key_id="never-given")), "unknown_key")
    kit.refused(kit.post("messages", kit.envelope(kit.message(), key_id="never-given")), "unknown_key")


@check("bad-signature", "encoding")
def _(kit: Kit) -> None:
    """A signature by another key, of another body or for another context does not fit."""
    other = Ed25519PrivateKey.generate()
    kit.refused(kit.post("state", kit.envelope(kit.query(), private=other)), "bad_signature")
    kit.refused(kit.post("state", kit.envelope(kit.query(), purpose="message")), "bad_signature")
    altered = kit.envelope(kit.message())
    altered["body"] = {**altered["body"], "minutes": 6}
    kit.refused(kit.post("messages", altered), "bad_signature")


@check("partners", "transport")
def _(kit: Kit) -> None:
    """Who is no partner, or means another bank, is told so."""
    kit.refused(kit.post("state", kit.envelope(kit.query(to="another-bank"))), "unknown_partner")
    kit.refused(kit.post("state", kit.envelope({**kit.query(), "from": "nobody-known"})), "unknown_partner")


@check("two-senders", "transport")
def _(kit: Kit) -> None:
    """All envelopes of a request are of one sender."""
    reply = kit.post("state", kit.envelope(kit.query()), kit.envelope({**kit.query(), "from": "nobody-known"}))
    if reply.items:
        kit.refused(reply, "malformed", place=1)
    else:
        kit.refused(reply, "malformed")


@check("version", "README")
def _(kit: Kit) -> None:
    """Another version is not supported."""
    kit.refused(kit.post("state", kit.envelope(kit.query(version=2))), "unsupported_version")


@check("stale", "messages")
def _(kit: Kit) -> None:
    """A query whose clock is more than 300 seconds off is stale; 200 seconds are not."""
    for seconds in (-400, 400):
        kit.refused(kit.post("state", kit.envelope(kit.query(asked_at=moment(seconds)))), "stale")
    kit.told("state", kit.query(asked_at=moment(-200)))


for code, page, function in edges.FORM:
    check(code, page)(function)


# States.


@check("absent", "messages")
def _(kit: Kit) -> None:
    """What never arrived is absent, with nothing decided."""
    kit.expect(kit.told("state", kit.query()), state="absent", minutes=0, next_sequence=kit.sequence)


@check("applied", "states")
def _(kit: Kit) -> None:
    """The next message of the stream is applied and answered in one step."""
    kit.applied = kit.message()
    kit.take(kit.applied, state="applied", minutes=5)


@check("repeat", "states")
def _(kit: Kit) -> None:
    """The same message again gets the same final answer, and so does a query, also one that would close it."""
    if not kit.applied:
        raise NotTried("no transfer was applied")
    first = kit.told("messages", kit.applied)
    for found in (
        kit.told("messages", kit.applied),
        kit.told("state", kit.about(kit.applied)),
        kit.told("state", kit.about(kit.applied, close=True)),
    ):
        kit.expect(found, state="applied", minutes=5, decided_at=first["decided_at"], next_sequence=kit.sequence)


@check("out-of-turn", "messages")
def _(kit: Kit) -> None:
    """A message before its turn waits; when the gap is filled both are taken, in their order."""
    early = kit.message()
    late = kit.message(sequence=early["sequence"] + 1, previous=digest(early))
    kit.expect(kit.told("messages", late), state="waiting", next_sequence=early["sequence"])
    kit.expect(kit.told("state", kit.about(late)), state="waiting")
    kit.fill_gap(early, late)
    kit.expect(kit.told("messages", late), state="applied", next_sequence=kit.sequence)


@check("several", "transport")
def _(kit: Kit) -> None:
    """Several messages in one request are answered one by one; a bad one among them stops nobody."""
    first = kit.message()
    third = kit.message(sequence=first["sequence"] + 1, previous=digest(first))
    bad = kit.envelope(third)
    bad["signature"] = {**bad["signature"], "value": base64.b64encode(bytes(64)).decode()}
    reply = kit.post("messages", kit.envelope(first), bad, kit.envelope(third))
    if len(reply.items) != 3:
        raise Wrong(f"three messages got {len(reply.items)} answers")
    kit.refused(reply, "bad_signature", place=1)
    kit.expect(kit.told("messages", first, reply, 0), state="applied")
    kit.commit(third)
    kit.expect(kit.told("messages", third, reply, 2), state="applied", next_sequence=kit.sequence)


@check("too-far", "messages")
def _(kit: Kit) -> None:
    """A message a thousand places ahead is not recorded."""
    far = kit.message(sequence=kit.sequence + 1_000, previous=secrets.token_hex(32))
    kit.refused(kit.post("messages", kit.envelope(far)), "too_far_ahead")
    kit.expect(kit.told("state", kit.about(far)), state="absent")


@check("expired", "messages")
def _(kit: Kit) -> None:
    """What comes after it has expired is refused, and the chain goes on."""
    body = kit.message(sent_at=moment(-7_200), expires_at=moment(-3_600))
    kit.take(body, state="refused", code="expired", minutes=5)


@check("nobody", "messages")
def _(kit: Kit) -> None:
    """Of somebody unknown a transfer and a request are refused alike."""
    kit.take(kit.message(person=secrets.token_hex(32)), state="refused", code="no_consent")
    kit.take(kit.request(person=secrets.token_hex(32)), state="refused", code="no_consent")


@check("key-reused", "messages")
def _(kit: Kit) -> None:
    """A key is applied once: another message under it is refused, and the first stands."""
    if not kit.applied:
        raise NotTried("no transfer was applied")
    again = kit.message(key=kit.applied["key"], minutes=7)
    kit.take(again, state="refused", code="key_reused")
    kit.expect(kit.told("state", kit.about(again)), state="refused", code="key_reused")
    kit.expect(kit.told("state", kit.about(kit.applied)), state="applied", minutes=5)


@check("key-asked-for", "messages")
def _(kit: Kit) -> None:
    """Another message under a used key is absent before it comes; what its closing was answered stays its answer."""
    if not kit.applied:
        raise NotTried("no transfer was applied")
    again = kit.message(key=kit.applied["key"], minutes=8)
    kit.expect(kit.told("state", kit.about(again)), state="absent", minutes=0)
    closed = kit.told("state", kit.about(again, close=True))
    kit.expect(closed, state="refused", code="key_reused", minutes=0)
    kit.take(again, state="refused", code="key_reused", minutes=0, decided_at=closed["decided_at"])


@check("over-limit", "messages")
def _(kit: Kit) -> None:
    """More than the contract allows is refused."""
    minutes = kit.config.get("over_limit_minutes")
    if not minutes:
        raise NotTried("the configuration names no “over_limit_minutes”")
    kit.take(kit.message(minutes=int(minutes)), state="refused", code="limit_exceeded", minutes=int(minutes))


@check("kind", "messages")
def _(kit: Kit) -> None:
    """A kind of hours that the contract does not count is refused."""
    kind = kit.config.get("kind_not_agreed")
    if not kind:
        raise NotTried("the configuration names no “kind_not_agreed”")
    kit.take(kit.message(kind=kind), state="refused", code="kind_not_agreed")


@check("no-minutes", "messages")
def _(kit: Kit) -> None:
    """A request for more than there is gives nothing."""
    found = kit.told("messages", kit.commit(kit.request(minutes=525_600)))
    if found["state"] != "refused" or found["code"] not in (
        "no_consent", "no_passbook", "not_agreed", "kind_not_agreed", "limit_exceeded", "insufficient_minutes",
    ):  # fmt: skip
        raise Wrong(f"a request for a whole year is {found['state']} {found['code']}")


@check("form-of-messages", "messages")
def _(kit: Kit) -> None:
    """A message out of its form is malformed and takes no place in the chain."""
    wrong: list[Body] = [{"minutes": 0}, {"minutes": 525_601}, {"minutes": -5}, {"minutes": True}, {"minutes": "5"}]
    wrong += [
        {"kind": "gift"},
        {"worked_on": "2026-02-30"},
        {"activity": ""},
        {"activity": "x" * 121},
        {"evidence": "x"},
    ]
    wrong += [{"expires_at": moment(31 * 86_400)}, {"expires_at": moment(-5)}, {"category": "99"}, {"person": "A" * 64}]
    wrong += [{"sequence": 0}, {"sequence": 2**53}, {"previous": "0"}, {"activity": "a\0b"}, {"key": "short"}]
    for more in wrong:
        kit.refused(kit.post("messages", kit.envelope(kit.message(**more))), "malformed")
    kit.expect(kit.told("state", kit.query()), next_sequence=kit.sequence)


@check("closing", "states")
def _(kit: Kit) -> None:
    """What was closed before it came is never applied, and the chain goes on behind it."""
    body = kit.message()
    closed = kit.expect(kit.told("state", kit.about(body, close=True)), state="refused", code="closed", minutes=0)
    kit.expect(kit.told("state", kit.about(body)), state="refused", code="closed", decided_at=closed["decided_at"])
    kit.take(body, state="refused", code="closed", decided_at=closed["decided_at"])
    kit.take(kit.message(), state="applied")


@check("closing-waiting", "states")
def _(kit: Kit) -> None:
    """What waits can be closed too."""
    early = kit.message()
    late = kit.message(sequence=early["sequence"] + 1, previous=digest(early))
    kit.expect(kit.told("messages", late), state="waiting")
    kit.expect(kit.told("state", kit.about(late, close=True)), state="refused", code="closed")
    kit.fill_gap(early, late)
    kit.expect(kit.told("messages", late), state="refused", code="closed", next_sequence=kit.sequence)


@check("missing", "messages")
def _(kit: Kit) -> None:
    """The bank sends its own messages again, in order, signed and chained."""
    reply = kit.post("missing", kit.envelope(kit.query("missing")))
    if reply.status != 200:
        raise Wrong(f"status {reply.status}, code “{reply.code()}”")
    before: Body | None = None
    for item in reply.items:
        body = item["body"]
        try:
            kit.public.verify(base64.b64decode(item["signature"]["value"]), signed_bytes(body, "message"))
        except InvalidSignature:
            raise Wrong(f"message {body.get('sequence')} of the bank is not signed") from None
        if before and (body["sequence"], body["previous"]) != (before["sequence"] + 1, digest(before)):
            raise Wrong(f"message {body['sequence']} of the bank does not follow the one before it")
        before = body
    for first, last in ((1, 101), (5, 4), (0, 3)):
        query = kit.query("missing", from_sequence=first, to_sequence=last)
        kit.refused(kit.post("missing", kit.envelope(query)), "malformed")


@check("entries", "reconciliation")
def _(kit: Kit) -> None:
    """The list of a period is signed, ordered, and says of each message what was answered."""
    query = kit.query("entries")
    reply = kit.post("entries", kit.envelope(query))
    body = kit.answer(reply.items[0] if reply.items else None, query, "listing")
    rows = body["entries"]
    order = [(row["direction"], row["sequence"]) for row in rows]
    if order != sorted(order):
        raise Wrong("entries are not ordered by direction and sequence")
    if kit.applied and len(rows) < 500:
        found = [row for row in rows if row["key"] == kit.applied["key"] and row["message"] == digest(kit.applied)]
        if [(row["direction"], row["state"], row["minutes"]) for row in found] != [("received", "applied", 5)]:
            raise Wrong("the transfer that was applied first is not in the list as it was answered")
    for more in ({"from_day": day(-40)}, {"from_day": day(2)}, {"after": "not-given-as-next"}, {"after": "A" * 81}):
        kit.refused(kit.post("entries", kit.envelope(kit.query("entries", **more))), "malformed")


for code, page, function in (*edges.STATES, ("granted", "states", granted)):
    check(code, page)(function)


@check("chain-broken", "messages")
def _(kit: Kit) -> None:
    """A message that does not follow the last one stops everything; nothing of it is applied, queries are answered."""
    broken = kit.message(previous=secrets.token_hex(32))
    kit.refused(kit.post("messages", kit.envelope(broken)), "chain_broken")
    kit.expect(kit.told("state", kit.about(broken)), state="absent")
    sound = kit.message()
    kit.refused(kit.post("messages", kit.envelope(sound)), "disputed", "chain_broken")
    kit.expect(kit.told("state", kit.about(sound)), state="absent", next_sequence=kit.sequence)


HELP: Final = (
    "Try an address as a partner bank would. Exit status 0 it speaks the protocol, 1 it does not, 2 not tried."
)
LAST: Final = frozenset({"chain-broken"})


# The kit itself.


def vector_faults(vectors: dict[str, Any]) -> Iterator[str]:
    """Where this kit and the worked examples of the protocol do not say the same; nothing where all is right."""
    for row in vectors["canonical"]:
        if canonical(row["value"]).hex() != row["bytes_hex"] or digest(row["value"]) != row["sha256"]:
            yield f"canonical form of {row['value']!r}"
    person = vectors["person"]
    made = token(bytes.fromhex(person["pair_key_hex"]), person["document_type"], person["document_number"])
    if made != person["token"]:
        yield "token of a person"
    for row in vectors["documents"]:
        kind, number = row["hashed"].split(":")
        if token(bytes.fromhex(person["pair_key_hex"]), kind, row["document_number"]) != row["token"]:
            yield f"token of {number}"
    for row in vectors["bodies"]:
        body, signature = row["envelope"]["body"], row["envelope"]["signature"]
        public = base64.b64decode(vectors["keys"][body["from"]]["public_key"])
        if signed_bytes(body).hex() != row["signed_bytes_hex"] or digest(body) != row["hash"]:
            yield f"bytes of “{row['name']}”"
        try:
            key = Ed25519PublicKey.from_public_bytes(public)
            key.verify(base64.b64decode(signature["value"]), bytes.fromhex(row["signed_bytes_hex"]))
        except InvalidSignature:
            yield f"signature of “{row['name']}”"


def new_config() -> dict[str, Any]:
    pair = Ed25519PrivateKey.generate()
    return {
        "from": "kit-bank",
        "to": "",
        "key_id": "kit-1",
        "private_key_hex": pair.private_bytes_raw().hex(),
        "public_key": base64.b64encode(pair.public_key().public_bytes_raw()).decode(),
        "bank_public_key": "",
        "pair_key_hex": secrets.token_hex(32),
        "person": "01:NUMBER of somebody who has consented and has an account",
        "kind": "verified",
        "person_without_consent": "",
        "over_limit_minutes": 0,
        "kind_not_agreed": "",
        "request_minutes": 0,
    }


def find_place(kit: Kit, state: Path | None) -> None:
    """Where the stream stands: from the file of the run before, or at its beginning."""
    if state and state.exists():
        kept = json.loads(state.read_text())
        kit.sequence, kit.previous = int(kept["sequence"]), str(kept["previous"])
    found = kit.told("state", kit.query())
    if found["next_sequence"] != kit.sequence:
        raise NoBank(
            f"the bank waits for message {found['next_sequence']} of “{kit.me}”, this kit would send {kit.sequence}: "
            "give the --state of the run before, or register a new partner"
        )


@dataclass
class Result:
    code: str
    page: str
    sentence: str
    outcome: str
    detail: str = ""


def run(kit: Kit, *, keep_open: bool = False, state: Path | None = None) -> list[Result]:
    """Every check in its order; the stream's place is written to `state` after each."""
    results = []
    find_place(kit, state)
    for code, page, function in CHECKS:
        outcome, detail = "passed", ""
        try:
            if keep_open and code in LAST:
                raise NotTried("it would end in a dispute")
            function(kit)
        except NotTried as why:
            outcome, detail = "skipped", str(why)
        except (Wrong, NoBank, KeyError, TypeError, AttributeError) as why:
            outcome, detail = "failed", f"{'' if isinstance(why, Wrong | NoBank) else type(why).__name__ + ' '}{why}"
        results.append(Result(code, f"{page}.md", str(function.__doc__), outcome, detail))
        if state:
            state.write_text(json.dumps({"sequence": kit.sequence, "previous": kit.previous}))
    return results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", nargs="?", help="the bank's base address, such as http://127.0.0.1:8000")
    parser.add_argument("--address", dest="address_option", metavar="ADDRESS", help="the same, as an option")
    parser.add_argument("--config", type=Path, help="the partner of tests (JSON, made by --new)")
    parser.add_argument("--vectors", type=Path, help="the protocol's vectors.json: the kit checks itself first")
    parser.add_argument("--state", type=Path, help="keeps where the stream stands, for the next run")
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help="the kit's own address, which the bank has as the partner's"
    )
    parser.add_argument("--keep-open", action="store_true", help="leave out what ends in a dispute")
    parser.add_argument("--new", action="store_true", help="print a configuration with fresh keys")


def main(arguments: list[str] | None = None) -> int:
    """The exit status; prints what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return run_with(vars(parser.parse_args(arguments)))


def run_with(options: dict[str, Any]) -> int:
    if options["new"]:
        print(json.dumps(new_config(), indent=1, ensure_ascii=False))
        return 0
    address = options["address"] or options["address_option"]
    try:
        if not address or not options["config"]:
            raise NoBank("an address and --config are needed; --help tells more")
        begun = time.monotonic()
        results = _own_results(options["vectors"])
        kit = Kit(address, json.loads(options["config"].read_text()))
        host, _, port = (options["listen"] or "").rpartition(":")
        with listening(kit, host, int(port)) if port else nullcontext():
            results += run(kit, keep_open=options["keep_open"], state=options["state"])
    except (NoBank, Wrong, OSError, ValueError, KeyError) as why:
        said = f"{type(why).__name__}: {why}" if isinstance(why, KeyError) else str(why)
        print(json.dumps({"error": said}, ensure_ascii=False) if options["json"] else f"Nothing was tried: {said}")
        return 2
    return report(address, results, time.monotonic() - begun, as_json=options["json"])


def _own_results(vectors: Path | None) -> list[Result]:
    """The kit against the worked examples, where it was given them."""
    if vectors is None:
        return []
    faults = list(vector_faults(json.loads(vectors.read_text())))
    sentence = "The kit agrees with the worked examples."
    return [Result("vectors", "vectors.json", sentence, "failed" if faults else "passed", "; ".join(faults))]


def report(address: str, results: list[Result], seconds: float, *, as_json: bool) -> int:
    """Print what was found; the exit status."""
    counts = {name: sum(one.outcome == name for one in results) for name in ("passed", "failed", "skipped")}
    if as_json:
        rows = [vars(one) for one in results]
        print(
            json.dumps({"address": address, **counts, "seconds": round(seconds, 2), "checks": rows}, ensure_ascii=False)
        )
        return 1 if counts["failed"] else 0
    for one in results:
        mark = {"passed": "✓", "failed": "✗", "skipped": "–"}[one.outcome]
        print(f"{mark} {one.code:<17} {one.sentence}" + (f"\n    {one.page}: {one.detail}" if one.detail else ""))
    print(
        f"\n{address}: {counts['passed']} right, {counts['failed']} wrong, {counts['skipped']} not tried, {seconds:.1f} s"
    )
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
