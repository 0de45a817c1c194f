"""Keys that two partners share, and the digests of tokens made under them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from xinshi.exchange.models import Partner
from xinshi.people.models import Person
from xinshi.vault.fields import EncryptedTextField


class SharedKey(models.Model):
    """A key of pairwise tokens, sealed (共享密钥). Accepted from when it is known here; sent under from `sends_from` on.

    Of several, the newest whose `sends_from` has come is sent under; older ones are accepted until `accepted_until`, so that
    messages on their way still find their person.
    """

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="shared_keys")
    number = models.PositiveIntegerField()
    secret = EncryptedTextField()
    check_code = models.CharField(max_length=6)
    is_made_here = models.BooleanField()
    known_since = models.DateTimeField()
    known_by_ref = models.CharField(max_length=64)
    sends_from = models.DateTimeField()
    accepted_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "interbank_shared_key"
        constraints = [
            models.UniqueConstraint(fields=["partner", "number"], name="interbank_key_once"),
            models.UniqueConstraint(fields=["partner", "check_code"], name="interbank_key_not_twice"),
            models.CheckConstraint(condition=Q(sends_from__gte=F("known_since")), name="interbank_key_known_first"),
        ]


class PersonToken(models.Model):
    """That a person has a token under a key. `digest` is the blind index of the token; the token itself is kept nowhere."""

    class State(models.TextChoices):
        ACTIVE = "active"
        CLASHING = "clashing"
        """Two records have the same token: neither is used until a person decides."""
        SET_ASIDE = "set_aside"

    key = models.ForeignKey(SharedKey, on_delete=models.PROTECT, related_name="tokens")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=32)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ACTIVE)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_ref = models.CharField(max_length=64, blank=True, default="")
    decision_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        db_table = "interbank_person_token"
        constraints = [
            models.UniqueConstraint(fields=["key", "person"], name="interbank_token_person_once"),
            models.UniqueConstraint(
                fields=["key", "digest"], condition=Q(state="active"), name="interbank_token_means_one"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["active", "clashing", "set_aside"]), name="interbank_token_state"
            ),
            models.CheckConstraint(
                condition=~Q(state="set_aside") | (Q(decided_at__isnull=False) & ~Q(decision_reason="")),
                name="interbank_token_set_aside_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["digest"], name="interbank_token_digest"),
            models.Index(fields=["state"], condition=Q(state="clashing"), name="interbank_token_clashing"),
        ]
