"""Another bank, as small as the protocol lets one be: it signs, keeps its stream, and answers as a test wants."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.test import Client

from xinshi.doors.outgoing import Answer as HttpAnswer
from xinshi.doors.outgoing import NotSent
from xinshi.exchange.models import Partner, PartnerContract, PartnerKey
from xinshi.interbank.identity import domain as identity
from xinshi.interbank.identity.actions import make_tokens
from xinshi.interbank.identity.models import SharedKey
from xinshi.interbank.identity.queries import purpose_of
from xinshi.interbank.moving.keys import own_code
from xinshi.interbank.protocol import bodies
from xinshi.interbank.protocol.bodies import AnswerState, MessageType, moment_text
from xinshi.interbank.protocol.canonical import digest
from xinshi.interbank.protocol.chain import Head
from xinshi.interbank.protocol.signing import envelope
from xinshi.interbank.protocol.vectors import private_key_of
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.clock import today
from xinshi.people.actions import give_consent
from xinshi.people.models import Person

CODE = "east"
SYSTEM = Actor.system("tests")
SECRET = "A" * 52
Script = Callable[[bodies.Body], bodies.Answer | None]


@dataclass
class Stranger:
    """The bank `east`, seen from this house; `script` answers what this house sends, None for no answer at all."""

    partner: Partner
    head: Head = field(default_factory=Head)
    taken_next: int = 1
    heard: list[bodies.Body] = field(default_factory=list)
    script: Script | None = None
    calls: int = 0
    """Calls of this house that came, or would have come."""

    def token(self, person_id: int) -> str:
        person = Person.objects.get(pk=person_id)
        return identity.token(SECRET, identity.document_text(person.id_kind, person.id_number))

    def message(self, person: str, minutes: int = 60, **changes: Any) -> bodies.Message:
        """The next message of its stream, which goes on behind it."""
        at = clock.now()
        kind = changes.pop("type", MessageType.TRANSFER)
        served = {"worked_on": "2026-11-19", "category": "0004", "activity": "门诊导医", "evidence": "e" * 64}
        made = bodies.Message(
            **{
                "type": kind,
                "sender": CODE,
                "receiver": own_code(),
                "sequence": self.head.next_sequence,
                "previous": self.head.last_hash,
                "sent_at": moment_text(at),
                "expires_at": moment_text(at + timedelta(hours=1)),
                "key": f"t{self.head.next_sequence:020d}",
                "person": person,
                "minutes": minutes,
                "kind": "verified",
                **(served if kind is MessageType.TRANSFER else {}),
                **changes,
            }
        )
        self.head = self.head.after(made.hash)
        return made

    def query(self, about: bodies.Message, *, close: bool = False, **changes: Any) -> bodies.StateQuery:
        made = bodies.StateQuery(
            sender=CODE,
            receiver=own_code(),
            asked_at=moment_text(clock.now()),
            message_type=about.type,
            key=about.key,
            message=about.hash,
            close=close,
        )
        return replace(made, **changes)

    def seal(self, body: bodies.Body, **changes: Any) -> dict[str, Any]:
        return envelope(body, key_id="2026-11", private_key=private_key_of(CODE)) | changes

    def post(self, address: str, *found: bodies.Body | dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """(status, content) of a call to this house."""
        envelopes = [one if isinstance(one, dict) else self.seal(one) for one in found]
        response = Client().post(
            f"/interbank/v1/{address}", json.dumps({"envelopes": envelopes}), content_type="application/json"
        )
        return response.status_code, response.json()

    def say(self, message: bodies.Message) -> bodies.Answer:
        """Send one message; the answer to it."""
        status, content = self.post("messages", message)
        assert status == 200, content
        return bodies.read_as(bodies.Answer, content["envelopes"][0]["body"])

    def ask(self, query: bodies.StateQuery) -> bodies.Answer:
        status, content = self.post("state", query)
        assert status == 200, content
        return bodies.read_as(bodies.Answer, content["envelopes"][0]["body"])

    def answer(self, asked: bodies.Body, state: AnswerState, code: str = "") -> bodies.Answer:
        """What it says about a message or a query of this house."""
        is_message = isinstance(asked, bodies.Message)
        if is_message:
            self.taken_next = max(self.taken_next, asked.sequence + 1)
        return bodies.Answer(
            sender=CODE,
            receiver=own_code(),
            about=digest(asked.body()),
            message_type=asked.type if is_message else asked.message_type,
            key=asked.key,
            message=asked.hash if is_message else asked.message,
            state=state,
            code=code,
            minutes=1,
            decided_at=moment_text(clock.now()) if state.is_final else "",
            next_sequence=self.taken_next,
        )

    def serve(self, url: str, *, body: bytes, **_: Any) -> HttpAnswer:
        """In place of the network: what this house sends, and what it gets for it."""
        self.calls += 1
        asked = [bodies.read(one["body"]) for one in json.loads(body)["envelopes"]]
        self.heard += asked
        answers = [self.script(one) if self.script else None for one in asked]
        if not any(answers):
            raise NotSent(reason="nobody takes the call")
        items = [self.seal(one) if one else {"error": {"code": "try_later", "detail": ""}} for one in answers]
        return HttpAnswer(200, {}, json.dumps({"envelopes": items}).encode())

    def always(self, state: AnswerState, code: str = "") -> None:
        self.script = lambda asked: self.answer(asked, state, code)

    @property
    def hears_nothing(self) -> None:
        self.script = None


def meet(**contract: Any) -> Stranger:
    """The stranger as an active partner with contract, key and the shared key of tokens."""
    at = clock.now() - timedelta(days=1)
    partner = Partner.objects.create(code=CODE, name="城东时间银行", address="https://east.example", created_at=at)
    PartnerContract.objects.create(
        **{
            "partner": partner,
            "number": 1,
            "starts_on": today() - timedelta(days=30),
            "hours_kinds_in": ["verified"],
            "hours_kinds_out": ["verified"],
            "written_by_ref": "user:1",
            "written_at": at,
            "enforced_by_ref": "user:2",
            "enforced_at": at,
            **contract,
        }
    )
    public = base64.b64encode(private_key_of(CODE).public_key().public_bytes_raw()).decode()
    PartnerKey.objects.create(
        partner=partner,
        key_id="2026-11",
        public_key=public,
        valid_from=at,
        added_by_ref="user:1",
        confirmed_by_ref="user:2",
        confirmed_at=at,
    )
    SharedKey.objects.create(
        partner=partner,
        number=1,
        secret=SECRET,
        check_code="ABCDEF",
        is_made_here=True,
        known_since=at,
        known_by_ref="user:1",
        sends_from=at,
    )
    return Stranger(partner)


def agree(person_id: int, partner: Partner) -> None:
    """Somebody consents to the exchange with a bank, and can be recognised."""
    give_consent(actor=SYSTEM, person_id=person_id, purpose=purpose_of(partner))
    make_tokens(actor=SYSTEM, partner_id=partner.pk, person_ids=[person_id])
