"""From an envelope to a body that a partner stands behind, or to the protocol's error."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from xinshi.exchange.models import Partner, PartnerKey
from xinshi.exchange.partners.queries import trusted_key
from xinshi.interbank.moving.keys import own_code
from xinshi.interbank.protocol.bodies import Body, UnsupportedVersion, read_as
from xinshi.interbank.protocol.canonical import Malformed
from xinshi.interbank.protocol.signing import BadSignature, opened, require_signed
from xinshi.kernel import clock

B = TypeVar("B", bound=Body)
STATUSES: Final = {
    "malformed": 400,
    "unsupported_version": 400,
    "stale": 400,
    "unknown_key": 401,
    "bad_signature": 401,
    "unknown_partner": 403,
    "chain_broken": 409,
    "too_far_ahead": 409,
    "too_large": 413,
    "try_later": 503,
    "paused": 503,
    "disputed": 503,
}
"""The protocol's errors and their HTTP statuses (docs/protocol/transport.md)."""


class Trouble(Exception):
    """An error of the protocol: unsigned, never final."""

    def __init__(self, code: str, detail: str = "") -> None:
        assert code in STATUSES, "errors are those of the protocol"
        self.code, self.detail = code, detail
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Trusted(Generic[B]):
    """A body, who says it, and by which signature."""

    partner: Partner
    body: B
    key_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Partners and their keys as one call finds them: each is looked up once, however many envelopes are of it."""

    partners: dict[str, Partner | None] = field(default_factory=dict)
    keys: dict[tuple[str, str], PartnerKey | None] = field(default_factory=dict)

    def partner(self, code: str) -> Partner | None:
        if code not in self.partners:
            self.partners[code] = Partner.objects.filter(code=code, kind=Partner.Kind.BANK).first()
        return self.partners[code]

    def key(self, partner: Partner, key_id: str) -> PartnerKey | None:
        name = partner.code, key_id
        if name not in self.keys:
            self.keys[name] = trusted_key(partner, key_id, clock.now())
        return self.keys[name]


def trusted(envelope: object, kind: type[B], known: Acquaintance | None = None) -> Trusted[B]:
    """The body of an envelope whose sender, address and signature are in order; Trouble for anything else.

    `known` is shared by the envelopes of one call.
    """
    known = known or Acquaintance()
    try:
        raw, key_id, signature = opened(envelope)
        body = read_as(kind, raw)
        partner = known.partner(body.sender)
        if partner is None or body.receiver != own_code():
            raise Trouble("unknown_partner", "the sender is no partner here, or this is not the bank that is addressed")
        key = known.key(partner, key_id)
        if key is None:
            raise Trouble("unknown_key")
        require_signed(body, signature, base64.b64decode(key.public_key))
    except UnsupportedVersion as error:
        raise Trouble("unsupported_version", str(error)) from None
    except Malformed as error:
        raise Trouble("malformed", str(error)) from None
    except BadSignature:
        raise Trouble("bad_signature") from None
    return Trusted(partner, body, key_id, base64.b64encode(signature).decode("ascii"))
