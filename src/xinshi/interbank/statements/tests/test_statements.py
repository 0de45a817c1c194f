"""One statement per bank and month: it adds up, it is signed, anybody checks it, and the partner's is its mirror."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from xinshi.bank.actions import reverse_deposit
from xinshi.exchange.models import Partner, PartnerKey
from xinshi.exchange.tests.conftest import NOW, SYSTEM, Bank, Cast
from xinshi.interbank.identity.tests.test_identity import make_bank
from xinshi.interbank.overlaps.tests.test_overlaps import from_river
from xinshi.interbank.reconciling.tests.test_differences import went_out
from xinshi.interbank.statements import offline
from xinshi.interbank.statements.actions import (
    MonthNotOver,
    NotTheirStatement,
    StatementNotSigned,
    file_counter_statement,
    issue_due,
    issue_statement,
)
from xinshi.interbank.statements.figures import (
    Figures,
    Movement,
    body_of,
    figures_of,
    file_bytes,
    mirror_differences,
    opened,
    signed,
)
from xinshi.interbank.statements.models import BankStatement, CounterStatement
from xinshi.interbank.statements.queries import check
from xinshi.kernel.errors import NotAllowed

OCTOBER, DECEMBER = date(2026, 10, 5), NOW + timedelta(days=12)
PAIR = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
movements = st.lists(
    st.builds(
        Movement,
        st.integers(-5_000, 5_000).filter(bool),
        st.sampled_from(["verified", "honorary", "unknown"]),
        is_correction=st.booleans(),
    ),
    max_size=20,
)


def body(figures: Figures, *, sender: str = "demo-central", receiver: str = "river") -> dict[str, Any]:
    return body_of(
        figures,
        sender=sender,
        receiver=receiver,
        month="2026-11",
        seal_n=0,
        seal_hash="",
        issued_at="2026-12-01T00:00:00Z",
    )


def mirrored(figures: Figures) -> dict[str, Any]:
    """The same month as an honest partner states it."""
    there = replace(
        figures,
        opening_minutes=-figures.opening_minutes,
        in_minutes=figures.out_minutes,
        in_count=figures.out_count,
        out_minutes=figures.in_minutes,
        out_count=figures.in_count,
        correction_minutes=-figures.correction_minutes,
        kinds=tuple((kind, out, outs, came, ins) for kind, came, ins, out, outs in figures.kinds),
    )
    return body(there, sender="river", receiver="demo-central")


@pytest.mark.any_database
@settings(max_examples=80)
@given(opening=st.integers(-9_999, 9_999), rows=movements)
def test_figures_add_up_and_the_partners_are_their_mirror(opening: int, rows: list[Movement]) -> None:
    found = figures_of(opening, rows)
    assert found.closing_minutes == opening + sum(row.minutes for row in rows)
    assert found.in_count + found.out_count + found.correction_count == len(rows)
    document = signed(body(found), key_id="1", private_key=PAIR)
    again = opened(file_bytes(document))
    assert again.adds_up
    assert again.is_signed_by(PAIR.public_key().public_bytes_raw())
    assert mirror_differences(body(found), mirrored(found)) == []
    if found.closing_minutes:
        assert [name for name, _, _ in mirror_differences(body(found), body(found))][-1] == "closing_minutes"


@pytest.mark.any_database
def test_offline_it_is_checked_without_the_house(tmp_path: Path) -> None:
    document = signed(
        body(figures_of(60, [Movement(120, "verified"), Movement(-30, "honorary")])), key_id="1", private_key=PAIR
    )
    public = base64.b64encode(PAIR.public_key().public_bytes_raw()).decode()

    def said(text: str, *more: str) -> tuple[int, str]:
        path = tmp_path / "statement.json"
        path.write_text(text)
        out = io.StringIO()
        options = {"file": path, "public_key": more[0] if more else "", "json": True}
        return offline.run(options, out), json.loads(out.getvalue())["outcome"]

    text = file_bytes(document).decode()
    assert said(text) == (0, "holds")
    assert said(text, public) == (0, "holds")
    assert said(text, "00" * 32) == (1, "fails")
    assert said(text.replace('"in_minutes": 120', '"in_minutes": 180')) == (1, "fails")
    lies = signed({**document["statement"], "closing_minutes": 1}, key_id="1", private_key=PAIR)
    assert said(file_bytes(lies).decode()) == (1, "fails")
    for broken in ("", "{}", "[]", text.replace("120", "120.5", 1), text.replace('"month"', '"moon"')):
        assert said(broken) == (2, "open")
    assert offline.main([str(tmp_path / "none.json")]) == 2


def november(cast: Cast, river: Partner) -> BankStatement:
    """In October two hours came; in November three came, one of them was taken back, and half an hour went."""
    with time_machine.travel(OCTOBER):
        from_river(cast.li, river, source="interbank:t0", day=OCTOBER)
    Bank().served(cast.wang, 240)
    from_river(cast.li, river, source="interbank:t1")
    wrong = from_river(cast.li, river, minutes=60, source="interbank:t2")
    reverse_deposit(actor=SYSTEM, deposit_id=wrong, reason="误记")
    went_out(cast.wang, river, 30)
    with time_machine.travel(DECEMBER):
        return issue_statement(actor=SYSTEM, partner_id=river.pk, month=date(2026, 11, 1))


def test_a_month_is_stated_from_the_book_once(cast: Cast, river: Partner) -> None:
    with pytest.raises(MonthNotOver):
        issue_statement(actor=SYSTEM, partner_id=river.pk, month=date(2026, 11, 1))
    with pytest.raises(NotAllowed):
        issue_statement(actor=cast.li.actor, partner_id=river.pk, month=date(2026, 10, 1))
    row = november(cast, river)
    assert (row.opening_minutes, row.in_minutes, row.in_count) == (120, 180, 2)
    assert (row.out_minutes, row.correction_minutes, row.correction_count) == (0, -90, 2)
    assert row.closing_minutes == 210
    with time_machine.travel(DECEMBER):
        assert issue_statement(actor=SYSTEM, partner_id=river.pk, month=date(2026, 11, 9)).pk == row.pk
        make_bank("lake", "湖滨医院时间银行")
        assert issue_due(actor=SYSTEM) == 0
    with time_machine.travel(DECEMBER + timedelta(days=31)):
        assert issue_due(actor=SYSTEM) == 2
    december = BankStatement.objects.get(partner=river, month=date(2026, 12, 1))
    assert (december.opening_minutes, december.closing_minutes) == (210, 210)


def test_the_paper_the_file_and_the_check(cast: Cast, river: Partner) -> None:
    row = november(cast, river)
    with time_machine.travel(DECEMBER):
        client = cast.auditor.client
        paper = client.get(reverse("interbank:statement_paper", args=[row.pk]))
        assert paper.content[:5] == b"%PDF-"
        file = client.get(reverse("interbank:statement_file", args=[row.pk]))
        found = opened(file.content)
        assert found.adds_up
        assert found.is_signed_by(found.public_key)
        assert found.body["closing_minutes"] == 210
        page = client.get(reverse("interbank:statement", args=[row.pk])).content.decode()
        assert "江北医院时间银行 owes this bank 3.5 hours of service." in page
        assert "<h1>江北医院时间银行, Nov 2026</h1>" in page
        assert "Came in · 2 transfers" in page
        checked = check("-".join([row.number[:4], row.number[4:].lower()]))
        assert checked is not None
        assert checked.fits
        assert check("AAAA") is None
        anybody = client.get(reverse("interbank:check_statement", args=[row.number]))
        assert b"its book still says the same" in anybody.content
        assert "Demo Central Hospital · 江北医院时间银行" in anybody.text
        assert "+3 · 2 transfers" in anybody.text
        assert cast.li.client.get(reverse("interbank:statement_file", args=[row.pk])).status_code == 403
        BankStatement.objects.filter(pk=row.pk).update(
            document={**row.document, "statement": {**found.body, "in_count": 9}}
        )
        assert not check(row.number).fits


def test_the_partners_statement_is_filed_and_compared(cast: Cast, river: Partner) -> None:
    row = november(cast, river)
    PartnerKey.objects.create(
        partner=river,
        key_id="river-1",
        public_key=base64.b64encode(PAIR.public_key().public_bytes_raw()).decode(),
        valid_from=NOW - timedelta(days=1),
        added_by_ref="user:1",
        confirmed_by_ref="user:2",
        confirmed_at=NOW - timedelta(days=1),
    )
    ours = figures_of(
        120, [Movement(120, "verified"), Movement(60, "verified"), *[Movement(-45, "unknown", is_correction=True)] * 2]
    )
    theirs = mirrored(ours)
    short = mirrored(figures_of(120, [Movement(180, "verified"), *[Movement(-45, "unknown", is_correction=True)] * 2]))

    def filed(document: dict[str, Any], *, key_id: str = "river-1", pair: Ed25519PrivateKey = PAIR) -> CounterStatement:
        data = file_bytes(signed(document, key_id=key_id, private_key=pair))
        with time_machine.travel(DECEMBER):
            return file_counter_statement(actor=cast.coordinator.actor, statement_id=row.pk, data=data)

    for document in (body(ours), {**theirs, "month": "2026-10"}, {**theirs, "closing_minutes": 5}):
        with pytest.raises(NotTheirStatement):
            filed(document)
    with pytest.raises(StatementNotSigned):
        filed(theirs, pair=Ed25519PrivateKey.generate())
    with pytest.raises(StatementNotSigned):
        filed(theirs, key_id="never-given")
    assert not CounterStatement.objects.exists()
    assert filed(theirs).differs == []
    assert filed(short).differs == [["in_count", 2, 1]]
    address = reverse("interbank:statement", args=[row.pk])
    with time_machine.travel(DECEMBER):
        upload = SimpleUploadedFile("theirs.json", file_bytes(signed(theirs, key_id="river-1", private_key=PAIR)))
        answer = cast.coordinator.client.post(address, {"file": upload}, follow=True).content.decode()
        assert "Filed. Both statements say the same." in answer
        assert "Number that came in: here 2, there 1" in answer
