"""The audit trail."""

from __future__ import annotations

from django.db import models


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
