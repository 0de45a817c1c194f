"""Reads of identity: the token of a person, the person of a token. Both want consent that stands at this moment."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from xinshi.exchange.access import require_reader
from xinshi.exchange.models import Partner
from xinshi.interbank.identity import domain
from xinshi.interbank.identity.models import PersonToken, SharedKey
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.people.models import Consent, Person
from xinshi.people.purposes import PartnerPurpose
from xinshi.vault.cipher import blind_index

DIGEST_CONTEXT: Final = "interbank.person_token"
PREFIX: Final = "exchange:"
State = PersonToken.State


def purpose_of(partner: Partner) -> str:
    """The purpose of the separate consent for this partner."""
    return f"{PREFIX}{partner.code}"


def purposes() -> list[PartnerPurpose]:
    """What people are asked about: every time bank that hours are exchanged with."""
    banks = Partner.objects.filter(kind=Partner.Kind.BANK).order_by("code")
    return [PartnerPurpose(purpose_of(bank), bank.name) for bank in banks]


def digest_of(token: str) -> str:
    """By which a token is found without being kept."""
    return blind_index(token, context=DIGEST_CONTEXT)


def usable_keys(partner_id: int, *, at: datetime | None = None) -> QuerySet[SharedKey]:
    """Keys under which tokens of this partner are understood, the newest first."""
    moment = at or clock.now()
    keys = SharedKey.objects.filter(partner_id=partner_id)
    return keys.filter(Q(accepted_until=None) | Q(accepted_until__gt=moment)).order_by("-number")


def sending_key(partner_id: int) -> SharedKey | None:
    """The key under which tokens go to this partner now; None before there is one."""
    moment = clock.now()
    return usable_keys(partner_id, at=moment).filter(sends_from__lte=moment).first()


def token_of(person_id: int, partner: Partner) -> str | None:
    """The person's token for `partner`, to be sent; None without consent, number, key, or while two records share it."""
    key = sending_key(partner.pk)
    if key is None:
        return None
    row = _standing().filter(key=key, person_id=person_id).select_related("person").first()
    text = domain.document_text(row.person.id_kind, row.person.id_number) if row else ""
    if row is None or not text:
        return None
    made = domain.token(key.secret, text)
    return made if digest_of(made) == row.digest else None


def person_of(token: str, partner: Partner) -> int | None:
    """Whom `partner` means by `token`; None for an unknown one, without consent, or where two records share it."""
    if not domain.is_token(token):
        return None
    rows = _standing().filter(digest=digest_of(token), key__in=usable_keys(partner.pk))
    found = set(rows.values_list("person_id", flat=True)[:2])
    return found.pop() if len(found) == 1 else None


def _standing() -> QuerySet[PersonToken]:
    """Tokens in use whose person consents at this moment, is not erased and was not merged into another."""
    consent = Consent.objects.filter(
        person_id=OuterRef("person_id"),
        purpose=Concat(Value(PREFIX), OuterRef("key__partner__code")),
        withdrawn_at=None,
    )
    rows = PersonToken.objects.filter(state=State.ACTIVE, person__erased_at=None, person__merged_into=None)
    return rows.filter(Exists(consent))


@dataclass(frozen=True, slots=True)
class KeyCard:
    """A key as the keepers see it, without its secret."""

    key: SharedKey
    people: int
    is_sent_under: bool
    is_accepted: bool


def key_cards(actor: Actor, partner_id: int) -> list[KeyCard]:
    """The keys of a partner, newest first."""
    require_reader(actor)
    sent, usable = sending_key(partner_id), set(usable_keys(partner_id).values_list("pk", flat=True))
    keys = SharedKey.objects.filter(partner_id=partner_id).order_by("-number")[:50]
    return [KeyCard(key, key.tokens.filter(state=State.ACTIVE).count(), key == sent, key.pk in usable) for key in keys]


@dataclass(frozen=True, slots=True)
class Clash:
    """Records that have one token under one key: probably one human being, entered twice."""

    key: SharedKey
    tokens: list[PersonToken]

    @property
    def people(self) -> list[Person]:
        return [row.person for row in self.tokens]


def clashes(actor: Actor) -> list[Clash]:
    """What waits for a person's decision, oldest first."""
    require_reader(actor)
    rows = PersonToken.objects.filter(state=State.CLASHING).select_related("key__partner", "person").order_by("pk")
    found: dict[tuple[int, str], list[PersonToken]] = defaultdict(list)
    for row in rows[:1_000]:
        found[row.key_id, row.digest].append(row)
    return [Clash(tokens[0].key, tokens) for tokens in found.values()]


def clash_count(actor: Actor) -> int:
    require_reader(actor)
    return PersonToken.objects.filter(state=State.CLASHING).values("key_id", "digest").distinct().count()
