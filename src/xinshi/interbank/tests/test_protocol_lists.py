"""What docs/protocol names and what the program knows: the same codes, statuses and states, neither more nor fewer."""

from __future__ import annotations

import re
from pathlib import Path

from xinshi.interbank.moving.domain import REFUSALS
from xinshi.interbank.moving.models import Outcome, Transfer
from xinshi.interbank.moving.trusting import STATUSES
from xinshi.interbank.protocol.bodies import AnswerState
from xinshi.interbank.protocol.states import AskerState, PayerState, Refusal

PROTOCOL = Path(__file__).parents[4] / "docs" / "protocol"


def part(page: str, heading: str) -> str:
    """The text below a heading, up to the next heading."""
    text = (PROTOCOL / page).read_text(encoding="utf-8")
    _, found, after = text.partition(f"# {heading}\n")
    assert found, f"{page} has no heading “{heading}”"
    return after.split("\n#")[0]


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its two head lines."""
    lines = [line for line in part(page, heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def words(cell: str) -> list[str]:
    return re.findall(r"`([a-z_]+)`", cell)


def test_errors_and_their_statuses_are_those_of_the_protocol() -> None:
    found = {word: statuses for statuses, codes, *_ in rows("transport.md", "Errors") for word in words(codes)}
    assert set(found) == set(STATUSES)
    for code, status in STATUSES.items():
        allowed = found[code].replace("x", "[0-9]").split(", ")
        assert any(re.fullmatch(one, str(status)) for one in allowed), f"{code}: {status} is none of {found[code]}"


def test_codes_of_refusal_are_those_of_the_protocol_in_its_order_and_each_has_words_for_people() -> None:
    found = [words(code)[0] for code, *_ in rows("messages.md", "Codes of refusal")]
    assert found == [code.value for code in Refusal]
    assert set(found) <= set(REFUSALS)


def test_states_are_those_of_the_protocol() -> None:
    payer, payee, asker = (
        {word for row in rows("states.md", heading) for cell in (row[0], row[2]) for word in words(cell)}
        for heading in (
            "The payer's side of a transfer",
            "The payee's side of a transfer",
            "A request, at the payee who asks",
        )
    )
    assert payer == {state.value for state in PayerState}
    assert asker == {state.value for state in AskerState}
    assert payee - {"received", "closed"} == {value for value, _ in Outcome._meta.get_field("state").choices or ()}
    assert payer | asker == set(Transfer.State.values)
    answered = {word for _, event, *_ in rows("states.md", "The payer's side of a transfer") for word in words(event)}
    assert answered - {"request"} == {state.value for state in AnswerState}
