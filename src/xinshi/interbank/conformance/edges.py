"""Checks at the edges of what the protocol allows: the largest, the latest, the oddest spelling; part of the kit."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Final

if __package__:
    from xinshi.interbank.conformance.wire import BODY_MAX, Body, Kit, NotTried, Wrong, day, digest, moment
else:  # Copied away and run alone.
    from wire import (  # type: ignore[import-not-found,no-redef,unused-ignore]
        BODY_MAX,
        Body,
        Kit,
        NotTried,
        Wrong,
        day,
        digest,
        moment,
    )

DAY_SECONDS: Final = 86_400


def just_fits(kit: Kit) -> None:
    """A body of 262,144 bytes and a request of 50 envelopes are taken, and answered in their order."""
    queries = [kit.query() for _ in range(50)]
    text = json.dumps({"envelopes": [kit.envelope(one) for one in queries]})
    reply = kit.raw("/interbank/v1/state", text.encode().ljust(BODY_MAX))
    if len(reply.items) != len(queries):
        raise Wrong(f"status {reply.status}, code “{reply.code()}”: 50 queries got {len(reply.items)} answers")
    for place, one in enumerate(queries):
        kit.expect(kit.told("state", one, reply, place), state="absent")


def content_type(kit: Kit) -> None:
    """A charset in the content type is not minded."""
    body = kit.query()
    data = json.dumps({"envelopes": [kit.envelope(body)]}).encode()
    reply = kit.raw("/interbank/v1/state", data, content_type="application/json; charset=UTF-8")
    kit.expect(kit.told("state", body, reply), state="absent")


def signature_form(kit: Kit) -> None:
    """An envelope, or a signature, of another form is malformed."""
    good = kit.envelope(kit.query())
    signature = good["signature"]
    value = str(signature["value"])
    changed: list[Body] = [{"algorithm": "ed448"}, {"value": value[:-4]}, {"value": value[:-5] + "!" + value[-4:]}]
    changed += [{"key_id": ""}, {"key_id": "A" * 33}, {"key_id": 1}, {"value": 1}, {"more": ""}]
    for more in changed:
        kit.refused(kit.post("state", {**good, "signature": {**signature, **more}}), "malformed")
    kit.refused(kit.post("state", {**good, "more": 1}), "malformed")
    kit.refused(kit.post("state", {"body": good["body"]}), "malformed")
    kit.refused(kit.post("state", kit.envelope({**kit.query(), "to": kit.me})), "malformed")


def one_query(kit: Kit) -> None:
    """Of `missing` and `entries` there is one query in a request, and it is refused when it is stale."""
    for kind in ("missing", "entries"):
        one = kit.envelope(kit.query(kind))
        kit.refused(kit.post(kind, one, one), "malformed", "too_large")
        for seconds in (-400, 400):
            kit.refused(kit.post(kind, kit.envelope(kit.query(kind, asked_at=moment(seconds)))), "stale")


def future(kit: Kit) -> None:
    """Service in the future is implausible, and so is whatever says that it was written there."""
    kit.take(kit.message(worked_on=day(5)), state="refused", code="implausible")
    ahead = {"sent_at": moment(2 * DAY_SECONDS), "expires_at": moment(3 * DAY_SECONDS)}
    kit.take(kit.message(**ahead), state="refused", code="implausible")
    asked = kit.told("messages", kit.commit(kit.request(**ahead)))
    if asked["state"] != "refused":
        raise Wrong(f"a request that was written the day after tomorrow is {asked['state']}")


def last_moment(kit: Kit) -> None:
    """The last moment that there is breaks nothing: it is implausible, and the chain goes on."""
    moments = {"sent_at": "9999-12-31T23:00:00Z", "expires_at": "9999-12-31T23:59:59Z", "worked_on": "9999-12-31"}
    kit.take(kit.message(**moments), state="refused", code="implausible")
    kit.take(kit.message(worked_on="0001-01-01", expires_at=moment(-1), sent_at=moment(-2)), state="refused")


def expired_waiting(kit: Kit) -> None:
    """What has expired when its turn comes is refused, also when it came before its turn; closing changes nothing."""
    early = kit.message()
    follows = {"sequence": early["sequence"] + 1, "previous": digest(early)}
    late = kit.message(sent_at=moment(-7_200), expires_at=moment(-3_600), **follows)
    kit.expect(kit.told("messages", late), state="waiting")
    kit.fill_gap(early, late)
    found = kit.told("state", kit.about(late, close=True))
    kit.expect(found, state="refused", code="expired", minutes=5)


def key_of_a_transfer(kit: Kit) -> None:
    """A request under the key of a transfer is refused."""
    if not kit.applied:
        raise NotTried("no transfer was applied")
    kit.take(kit.request(key=kit.applied["key"]), state="refused", code="key_reused")


def no_consent(kit: Kit) -> None:
    """Of somebody who has not consented everything is refused, as if nobody knew them."""
    person = kit.token_of("person_without_consent")
    kit.take(kit.message(person=person), state="refused", code="no_consent")
    kit.take(kit.request(person=person), state="refused", code="no_consent")


def odd_names(kit: Kit) -> None:
    """Names and texts of half a surrogate pair, and what is nested too deep, are malformed and break nothing."""
    good = kit.envelope(kit.query())
    deep: object = 1
    for _ in range(200):
        deep = [deep]
    for body in ({**good["body"], "\ud800": 1}, {**good["body"], "more": deep}, {**good["body"], "key": deep}):
        kit.refused(kit.post("state", {**good, "body": body}), "malformed")
    body = kit.message(activity="\ud800")
    signature = {**good["signature"], "value": base64.b64encode(bytes(64)).decode()}
    kit.refused(kit.post("messages", {"body": body, "signature": signature}), "malformed")


FORM: Final[tuple[tuple[str, str, Callable[[Kit], None]], ...]] = (
    ("just-fits", "transport", just_fits),
    ("content-type", "transport", content_type),
    ("signature-form", "encoding", signature_form),
    ("one-query", "transport", one_query),
    ("odd-names", "encoding", odd_names),
)
STATES: Final[tuple[tuple[str, str, Callable[[Kit], None]], ...]] = (
    ("future", "messages", future),
    ("last-moment", "messages", last_moment),
    ("expired-waiting", "messages", expired_waiting),
    ("key-of-a-transfer", "messages", key_of_a_transfer),
    ("no-consent", "README", no_consent),
)
