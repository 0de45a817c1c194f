"""Writes of identity: keys made, entered and retired; tokens made and forgotten; clashes settled by a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.doors.lookups import Many
from xinshi.exchange.access import require_keeper
from xinshi.exchange.models import Partner
from xinshi.interbank.identity import domain
from xinshi.interbank.identity.models import PersonToken, SharedKey
from xinshi.interbank.identity.queries import digest_of, purpose_of, usable_keys
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import DomainError, Invalid, NotFound, gettext_noop
from xinshi.people.access import require_administrator
from xinshi.people.models import Consent, Person

OVERLAP: Final = timedelta(days=30)
"""How long an older key is still accepted once a newer one is sent under: longer than any message is valid."""
PART: Final = 500
PEOPLE_MAX: Final = 200_000
REASON_LENGTH_MAX: Final = 300
State = PersonToken.State


class KeyKnown(DomainError):
    code = "shared_key_known"
    message = gettext_noop("This key was entered before. Ask your partner for the new one.")


class KeyInUse(DomainError):
    code = "shared_key_in_use"
    message = gettext_noop("This key is the one in use. Make or enter the next one first.")


class ClashGone(DomainError):
    code = "clash_gone"
    message = gettext_noop("Somebody has decided on these records already. Load the list again.")


class OwnClash(DomainError):
    code = "own_clash"
    message = gettext_noop("One of these records is your own. Ask another coordinator.")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: the only moment at which its secret is shown."""

    key_id: int
    number: int
    secret: str
    check_code: str


@dataclass(frozen=True, slots=True)
class MadeTokens:
    made: int
    clashing: int
    without_number: int
    forgotten: int = 0


@transaction.atomic
def make_shared_key(*, actor: Actor, partner_id: int, sends_from: datetime | None = None) -> NewKey:
    """Make a key here, to be entered at the partner by another way than the messages go."""
    require_administrator(actor)
    secret = domain.new_secret()
    key = _add(actor, partner_id, secret, sends_from=sends_from, is_made_here=True)
    return NewKey(key.pk, key.number, secret, key.check_code)


@transaction.atomic
def enter_shared_key(
    *, actor: Actor, partner_id: int, secret: str, check_code: str, sends_from: datetime | None = None
) -> int:
    """Enter the key that the partner made; returns its number. SharedKeyNotReadable, CheckCodeDiffers, KeyKnown."""
    require_administrator(actor)
    plain = domain.typed_secret(secret)
    typed = "".join(sign for sign in check_code.upper() if sign.isalnum()).translate(domain.MISTAKEN)
    if typed != domain.check_code(plain):
        raise domain.CheckCodeDiffers
    return _add(actor, partner_id, plain, sends_from=sends_from, is_made_here=False).number


def _add(actor: Actor, partner_id: int, secret: str, *, sends_from: datetime | None, is_made_here: bool) -> SharedKey:
    """The partner's next key; the ones before it are accepted for OVERLAP after it is first sent under."""
    partner = _locked(partner_id)
    code, at = domain.check_code(secret), clock.now()
    keys = SharedKey.objects.filter(partner=partner)
    if keys.filter(check_code=code).exists():
        raise KeyKnown
    begins = max(at, sends_from or at)
    last = keys.order_by("-number").first()
    key = SharedKey.objects.create(
        partner=partner,
        number=last.number + 1 if last else 1,
        secret=secret,
        check_code=code,
        is_made_here=is_made_here,
        known_since=at,
        known_by_ref=actor.reference,
        sends_from=begins,
    )
    keys.filter(number__lt=key.number, accepted_until=None).update(accepted_until=begins + OVERLAP)
    action = "interbank.make_shared_key" if is_made_here else "interbank.enter_shared_key"
    record(actor=actor, action=action, object_ref=f"shared-key:{key.pk}", partner=partner.code, number=key.number)
    make_tokens(actor=Actor.system("identity"), partner_id=partner.pk)
    return key


@transaction.atomic
def retire_shared_key(*, actor: Actor, key_id: int) -> None:
    """Stop accepting an older key at once, for example because it became known; KeyInUse for the one in use."""
    require_administrator(actor)
    key = SharedKey.objects.filter(pk=key_id).first()
    if key is None:
        raise NotFound
    _locked(key.partner_id)
    at = clock.now()
    newer = SharedKey.objects.filter(partner_id=key.partner_id, number__gt=key.number, sends_from__lte=at)
    if not newer.exists():
        raise KeyInUse
    SharedKey.objects.filter(pk=key_id).update(accepted_until=at)
    PersonToken.objects.filter(key_id=key_id).delete()
    record(actor=actor, action="interbank.retire_shared_key", object_ref=f"shared-key:{key_id}", number=key.number)


@transaction.atomic
def make_tokens(*, actor: Actor, partner_id: int, person_ids: Sequence[int] | None = None) -> MadeTokens:
    """Make the tokens of who consents to this partner (None: of everybody), under every key that is accepted.

    Done again it changes nothing. What no longer stands (consent, number, key) is forgotten. Two records with one token
    clash: neither is used until a person decides. People make their own; keepers and the house make anybody's.
    """
    if person_ids is None or set(person_ids) != {actor.person_id}:
        require_keeper(actor)
    partner = _locked(partner_id)
    made = MadeTokens(0, 0, 0, _forget_what_ended(partner, person_ids))
    wanted = _consenting(partner, person_ids)
    for start in range(0, len(wanted), PART):
        part = _make(partner, wanted[start : start + PART])
        made = MadeTokens(
            made.made + part.made,
            made.clashing + part.clashing,
            made.without_number + part.without_number,
            made.forgotten,
        )
    if made.made or made.clashing or made.forgotten:
        record(
            actor=actor,
            action="interbank.make_tokens",
            object_ref=f"partner:{partner.code}",
            made=made.made,
            clashing=made.clashing,
            forgotten=made.forgotten,
        )
    return made


def _consenting(partner: Partner, person_ids: Sequence[int] | None) -> list[int]:
    rows = Consent.objects.filter(
        purpose=purpose_of(partner), withdrawn_at=None, person__erased_at=None, person__merged_into=None
    )
    if person_ids is not None:
        rows = rows.filter(person_id__among=Many(person_ids))
    return list(rows.order_by("person_id").values_list("person_id", flat=True)[:PEOPLE_MAX])


def _forget_what_ended(partner: Partner, person_ids: Sequence[int] | None) -> int:
    """Tokens whose consent or key no longer stands, or whose person is erased or merged; returns how many went."""
    standing = Consent.objects.filter(purpose=purpose_of(partner), withdrawn_at=None).values("person_id")
    rows = PersonToken.objects.filter(key__partner=partner)
    if person_ids is not None:
        rows = rows.filter(person_id__among=Many(person_ids))
    gone = rows.exclude(person_id__in=standing) | rows.exclude(person__erased_at=None)
    gone = gone | rows.exclude(person__merged_into=None) | rows.exclude(key__in=usable_keys(partner.pk))
    ids = list(gone.values_list("pk", flat=True)[:PEOPLE_MAX])
    for start in range(0, len(ids), PART):
        PersonToken.objects.filter(pk__in=ids[start : start + PART]).delete()
    if ids:
        _free_lone_clashes(partner)
    return len(ids)


def _make(partner: Partner, person_ids: Sequence[int]) -> MadeTokens:
    people = Person.objects.filter(pk__in=person_ids).order_by("pk")
    documents = {person.pk: domain.document_text(person.id_kind, person.id_number) for person in people}
    made = clashing = 0
    for key in usable_keys(partner.pk):
        secret = key.secret
        kept = {row.person_id: row for row in PersonToken.objects.filter(key=key, person_id__in=person_ids)}
        for person_id, text in documents.items():
            if not text:
                continue
            digest = digest_of(domain.token(secret, text))
            row = kept.get(person_id)
            if row is not None and row.digest == digest:
                continue
            PersonToken.objects.filter(key=key, person_id=person_id).delete()
            if _add_token(key, person_id, digest):
                made += 1
            else:
                clashing += 1
    return MadeTokens(made, clashing, sum(not text for text in documents.values()))


def _add_token(key: SharedKey, person_id: int, digest: str) -> bool:
    """False where another record has this token already: then both wait for a person."""
    others = PersonToken.objects.filter(key=key, digest=digest).exclude(state=State.SET_ASIDE)
    is_clashing = others.exists()
    others.filter(state=State.ACTIVE).update(state=State.CLASHING)
    PersonToken.objects.create(
        key=key,
        person_id=person_id,
        digest=digest,
        state=State.CLASHING if is_clashing else State.ACTIVE,
        made_at=clock.now(),
    )
    return not is_clashing


def _free_lone_clashes(partner: Partner) -> None:
    """A record that clashes with nobody any more has its token to itself."""
    rows = PersonToken.objects.filter(key__partner=partner, state=State.CLASHING)
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for pk, key_id, digest in rows.values_list("pk", "key_id", "digest")[:PEOPLE_MAX]:
        groups[key_id, digest].append(pk)
    alone = [ids[0] for ids in groups.values() if len(ids) == 1]
    PersonToken.objects.filter(pk__among=Many(alone)).update(state=State.ACTIVE)


@transaction.atomic
def settle_clash(*, actor: Actor, token_id: int, reason: str) -> None:
    """Say which record a shared token means; the others are set aside with the reason. ClashGone, OwnClash, Invalid."""
    require_keeper(actor)
    if not reason.strip():
        raise Invalid(field="reason", reason=gettext_noop("Say how you know whose number it is."))
    chosen = PersonToken.objects.select_related("key").filter(pk=token_id).first()
    if chosen is None:
        raise NotFound
    _locked(chosen.key.partner_id)
    rows = list(
        PersonToken.objects.select_for_update().filter(key=chosen.key, digest=chosen.digest, state=State.CLASHING)
    )
    if token_id not in {row.pk for row in rows}:
        raise ClashGone
    if actor.person_id in {row.person_id for row in rows}:
        raise OwnClash
    decision = {
        "decided_at": clock.now(),
        "decided_by_ref": actor.reference,
        "decision_reason": reason.strip()[:REASON_LENGTH_MAX],
    }
    others = [row.pk for row in rows if row.pk != token_id]
    PersonToken.objects.filter(pk__in=others).update(state=State.SET_ASIDE, **decision)
    PersonToken.objects.filter(pk=token_id).update(state=State.ACTIVE, **decision)
    record(
        actor=actor,
        action="interbank.settle_clash",
        object_ref=f"person:{chosen.person_id}",
        set_aside=[row.person_id for row in rows if row.pk != token_id],
    )


@transaction.atomic
def forget_tokens(*, person_ids: Sequence[int], purpose: str) -> int:
    """Forget the tokens of people who took their consent back and have not given it anew; returns how many."""
    partner = Partner.objects.select_for_update().filter(code=purpose.removeprefix("exchange:")).first()
    return 0 if partner is None else _forget_what_ended(partner, person_ids)


@transaction.atomic
def follow_merge(*, stays_person_id: int, goes_person_id: int) -> None:
    """Two records became one: the one that stays has the tokens, where the consent went over with it."""
    partners = set(PersonToken.objects.filter(person_id=goes_person_id).values_list("key__partner_id", flat=True))
    for partner_id in sorted(partners):
        make_tokens(actor=Actor.system("identity"), partner_id=partner_id, person_ids=[stays_person_id, goes_person_id])


def tend_tokens(*, actor: Actor) -> int:
    """Make and forget what is due, for every time bank; returns how many tokens were made. The worker does it daily."""
    banks = Partner.objects.filter(kind=Partner.Kind.BANK).order_by("pk").values_list("pk", flat=True)
    return sum(make_tokens(actor=actor, partner_id=partner_id).made for partner_id in list(banks))


def _locked(partner_id: int) -> Partner:
    """The partner, a time bank, locked: its tokens are made by one at a time."""
    found = Partner.objects.select_for_update().filter(pk=partner_id, kind=Partner.Kind.BANK).first()
    if found is None:
        raise NotFound
    return found
