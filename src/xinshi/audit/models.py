"""The audit trail."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class AuditEntry(models.Model):
    """One write. `detail` holds references, codes and figures, never names, numbers of documents or phones."""

    at = models.DateTimeField(db_index=True)
    actor_ref = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    object_ref = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_entry"
        indexes = [
            models.Index(fields=["object_ref", "id"], name="audit_entry_object"),
            models.Index(fields=["actor_ref", "id"], name="audit_entry_actor"),
            models.Index(fields=["action", "id"], name="audit_entry_action"),
        ]


class AuditSeal(models.Model):
    """A hash over rows of one chain from `from_id` to `to_id`, joined to the chain's seal before it; never changed.

    `fields` names the columns that were sealed, in order: a later version of the program may seal more of them.
    """

    chain = models.CharField(max_length=32)
    n = models.BigIntegerField()
    from_id = models.BigIntegerField()
    to_id = models.BigIntegerField()
    rows = models.BigIntegerField()
    fields = models.CharField(max_length=400)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "audit_seal"
        constraints = [
            models.UniqueConstraint(fields=["chain", "n"], name="audit_seal_number"),
            models.UniqueConstraint(fields=["chain", "to_id"], name="audit_seal_end"),
            models.CheckConstraint(condition=Q(to_id__gte=F("from_id")), name="audit_seal_range"),
            models.CheckConstraint(condition=Q(rows__gt=0) & Q(n__gt=0), name="audit_seal_rows"),
        ]
