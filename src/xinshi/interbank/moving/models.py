"""Keys, streams, messages, outcomes, transfers. Messages and outcomes are written once: triggers refuse anything else."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from xinshi.exchange.models import Partner
from xinshi.interbank.protocol.bodies import FIRST_PREVIOUS
from xinshi.people.models import Person
from xinshi.vault.fields import EncryptedTextField

MESSAGE_TYPES = [("transfer", "transfer"), ("request", "request")]
KINDS = [("verified", _("Verified hours")), ("honorary", _("Honorary hours"))]


class OwnKey(models.Model):
    """A key pair by which this bank signs to partners; the private half is sealed. Made by one person, confirmed by another.

    The newest that has begun signs; to a partner of whom it is known which keys it was told of, the newest of those.
    """

    key_id = models.CharField(max_length=32, unique=True)
    public_key = models.CharField(max_length=44, unique=True)
    private_key = EncryptedTextField()
    made_at = models.DateTimeField()
    signs_from = models.DateTimeField()
    made_by_ref = models.CharField(max_length=64)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by_ref = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "interbank_own_key"
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by_ref="")
                | (Q(confirmed_at__isnull=False) & ~Q(confirmed_by_ref=""))
                & (~Q(confirmed_by_ref=models.F("made_by_ref")) | Q(made_by_ref__startswith="system:")),
                name="interbank_own_key_by_two",
            ),
        ]


class OwnKeyNotice(models.Model):
    """That a partner has one of our keys, and who wrote it down: the partner trusts what is signed by it from then on."""

    own_key = models.ForeignKey(OwnKey, on_delete=models.PROTECT, related_name="notices")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField()
    told_by_ref = models.CharField(max_length=64)

    class Meta:
        db_table = "interbank_own_key_notice"
        constraints = [models.UniqueConstraint(fields=["own_key", "partner"], name="interbank_own_key_told_once")]


class Stream(models.Model):
    """Where the two streams with a partner stand: what comes next in each, and how far the partner has taken ours."""

    partner = models.OneToOneField(Partner, on_delete=models.PROTECT, primary_key=True, related_name="stream")
    in_next = models.PositiveBigIntegerField(default=1)
    in_hash = models.CharField(max_length=64, default=FIRST_PREVIOUS)
    out_next = models.PositiveBigIntegerField(default=1)
    out_hash = models.CharField(max_length=64, default=FIRST_PREVIOUS)
    delivered_next = models.PositiveBigIntegerField(default=1)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    """Until when one worker has this partner's calls to itself."""
    gap_tries = models.PositiveIntegerField(default=0)
    """How often the messages that are missing were asked for without the next one coming."""
    gap_due_at = models.DateTimeField(null=True)
    unanswered = models.PositiveIntegerField(default=0)
    """Calls in a row that nobody took there."""
    unreached_since = models.DateTimeField(null=True)
    quiet_until = models.DateTimeField(null=True)
    """The partner is not called before this moment, because it could not be reached."""

    class Meta:
        db_table = "interbank_stream"
        constraints = [
            models.CheckConstraint(condition=Q(in_next__gte=1), name="interbank_stream_in"),
            models.CheckConstraint(
                condition=Q(delivered_next__gte=1, out_next__gte=models.F("delivered_next")),
                name="interbank_stream_out",
            ),
            models.CheckConstraint(
                condition=Q(unanswered=0, unreached_since=None, quiet_until=None)
                | Q(unanswered__gt=0, unreached_since__isnull=False),
                name="interbank_stream_reach",
            ),
        ]


class Message(models.Model):
    """What both kinds of messages have. `body` is canonical JSON and sealed, because a token stands for a person."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField()
    type = models.CharField(max_length=8, choices=MESSAGE_TYPES)
    key = models.CharField(max_length=40)
    message_hash = models.CharField(max_length=64, unique=True)
    previous_hash = models.CharField(max_length=64)
    minutes = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=KINDS)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    body = EncryptedTextField()

    class Meta:
        abstract = True


class OutgoingMessage(Message):
    """One message of our stream to a partner."""

    class Meta:
        db_table = "interbank_outgoing"
        constraints = [
            models.UniqueConstraint(fields=["partner", "sequence"], name="interbank_outgoing_sequence"),
            models.UniqueConstraint(fields=["partner", "type", "key"], name="interbank_outgoing_key"),
            models.CheckConstraint(condition=Q(minutes__gte=1, sequence__gte=1), name="interbank_outgoing_worth"),
        ]


class IncomingMessage(Message):
    """One message of a partner's stream to us, with the signature by which we can show that it said so."""

    key_id = models.CharField(max_length=32)
    signature = models.CharField(max_length=88)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "interbank_incoming"
        constraints = [
            models.UniqueConstraint(fields=["partner", "sequence"], name="interbank_incoming_sequence"),
            models.CheckConstraint(condition=Q(minutes__gte=1, sequence__gte=1), name="interbank_incoming_worth"),
        ]


class Outcome(models.Model):
    """What was promised about a partner's message, once and for all; also of one that was closed before it came."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    type = models.CharField(max_length=8, choices=MESSAGE_TYPES)
    key = models.CharField(max_length=40)
    message_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=7, choices=[("applied", "applied"), ("refused", "refused")])
    code = models.CharField(max_length=40, blank=True)
    minutes = models.PositiveIntegerField()
    decided_at = models.DateTimeField()

    class Meta:
        db_table = "interbank_outcome"
        constraints = [
            models.UniqueConstraint(fields=["partner", "type", "key", "message_hash"], name="interbank_outcome_once"),
            models.UniqueConstraint(
                fields=["partner", "type", "key"], condition=Q(state="applied"), name="interbank_key_applied_once"
            ),
            models.CheckConstraint(
                condition=Q(state="applied", code="") | (Q(state="refused") & ~Q(code="")),
                name="interbank_outcome_says_why",
            ),
        ]


class Transfer(models.Model):
    """Hours of one person that go to another bank, or come from one. The states are the protocol's."""

    class Direction(models.TextChoices):
        OUT = "out", _("To another bank")
        IN = "in", _("From another bank")

    class State(models.TextChoices):
        HELD = "held", _("Held, to be sent")
        ASKED = "asked", _("To be asked for")
        SENT = "sent", _("Sent, no answer yet")
        UNKNOWN = "unknown", _("No answer: unknown")
        GRANTED = "granted", _("Granted, on the way")
        CONFIRMED = "confirmed", _("Arrived there")
        REJECTED = "rejected", _("Refused there")
        DECLINED = "declined", _("Not granted")
        APPLIED = "applied", _("Arrived here")
        REFUSED = "refused", _("Refused here")

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="transfers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    is_asked_here = models.BooleanField()
    """Begun at this bank; otherwise the partner began it."""
    key = models.CharField(max_length=40)
    minutes = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=KINDS)
    worked_on = models.DateField(null=True)
    category = models.CharField(max_length=4, blank=True)
    activity = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=9, choices=State.choices)
    code = models.CharField(max_length=40, blank=True)
    """Why it was refused, in the protocol's codes."""
    hold_id = models.BigIntegerField(null=True, unique=True)
    deposit_id = models.BigIntegerField(null=True, unique=True)
    form_key = models.CharField(max_length=64, blank=True)
    """One form asks once."""
    expires_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    """When the partner is asked again; None where there is nothing to ask."""
    begun_at = models.DateTimeField()
    begun_by_ref = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "interbank_transfer"
        constraints = [
            models.UniqueConstraint(fields=["partner", "key"], name="interbank_transfer_key"),
            models.UniqueConstraint(
                fields=["person", "form_key"], condition=~Q(form_key=""), name="interbank_transfer_form_once"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="interbank_transfer_minutes"),
            models.CheckConstraint(
                condition=Q(direction="out", state__in=["held", "sent", "unknown", "confirmed", "rejected"])
                | Q(
                    direction="in",
                    state__in=["asked", "sent", "unknown", "granted", "declined", "applied", "refused"],
                ),
                name="interbank_transfer_state",
            ),
            models.CheckConstraint(
                condition=Q(direction="out", hold_id__isnull=False) | Q(direction="in", hold_id=None),
                name="interbank_transfer_held",
            ),
            models.CheckConstraint(
                condition=Q(state="applied", deposit_id__isnull=False) | (~Q(state="applied") & Q(deposit_id=None)),
                name="interbank_transfer_deposited",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["confirmed", "rejected", "declined", "applied", "refused"], ended_at__isnull=False
                )
                | Q(state__in=["held", "asked", "sent", "unknown", "granted"], ended_at=None),
                name="interbank_transfer_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["rejected", "declined", "refused"]) | ~Q(code=""),
                name="interbank_transfer_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="interbank_transfer_of_person"),
            models.Index(fields=["partner", "due_at"], condition=Q(ended_at=None), name="interbank_transfer_due"),
            models.Index(fields=["state", "-id"], name="interbank_transfer_by_state"),
        ]


class Decision(models.Model):
    """What two people decided about an unknown transfer, each with a reason; the second is never the first."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(
        max_length=9, choices=[("confirmed", _("It arrived there")), ("rejected", _("It did not"))]
    )
    proposed_by_ref = models.CharField(max_length=64)
    proposed_at = models.DateTimeField()
    proposed_reason = models.CharField(max_length=300)
    decided_by_ref = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_reason = models.CharField(max_length=300, blank=True)
    is_withdrawn = models.BooleanField(default=False)
    """The partner answered first, or somebody decided otherwise."""

    class Meta:
        db_table = "interbank_decision"
        constraints = [
            models.UniqueConstraint(
                fields=["transfer"], condition=Q(is_withdrawn=False), name="interbank_decision_one"
            ),
            models.CheckConstraint(condition=~Q(proposed_reason=""), name="interbank_decision_first_reason"),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by_ref="", decided_reason="")
                | (
                    Q(decided_at__isnull=False) & ~Q(decided_reason="") & ~Q(decided_by_ref=models.F("proposed_by_ref"))
                ),
                name="interbank_decision_by_two",
            ),
        ]
