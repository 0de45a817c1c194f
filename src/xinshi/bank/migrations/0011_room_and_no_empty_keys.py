"""A deposit writes no index for the part that it does not have, and its passbook stays in its page (ADR 0013)."""

from __future__ import annotations

from django.db import migrations

from xinshi.doors.indexes import pages_filled, unique_where_filled
from xinshi.doors.references import checked_by_statement, never_deleted


class Migration(migrations.Migration):
    dependencies = [("bank", "0010_lean_indexes")]
    operations = [
        unique_where_filled("deposit", "donation_transfer_id"),
        pages_filled("passbook", 50),
        never_deleted("passbook"),
        never_deleted("policy_version"),
        checked_by_statement("deposit", {"passbook_id": "passbook", "policy_version_id": "policy_version"}),
    ]
