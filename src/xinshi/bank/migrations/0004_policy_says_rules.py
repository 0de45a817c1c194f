"""A version of the policy says every rule in one column; what stood in columns of its own moves into it."""

from __future__ import annotations

from django.db import migrations, models


def gather(apps, _):
    for version in apps.get_model("bank", "PolicyVersion").objects.all():
        version.rules = {
            "star_thresholds_minutes": list(version.star_thresholds_minutes),
            "approval_levels": version.approval_levels,
        }
        version.save(update_fields=["rules"])


def spread(apps, _):
    for version in apps.get_model("bank", "PolicyVersion").objects.all():
        version.star_thresholds_minutes = version.rules["star_thresholds_minutes"]
        version.approval_levels = version.rules["approval_levels"]
        version.save(update_fields=["star_thresholds_minutes", "approval_levels"])


class Migration(migrations.Migration):
    dependencies = [("bank", "0003_passbook_state_reason")]
    operations = [
        migrations.AddField(
            model_name="policyversion",
            name="rules",
            field=models.JSONField(default=dict),
            preserve_default=False,
        ),
        migrations.RunPython(gather, spread, elidable=False),
        migrations.RemoveConstraint(model_name="policyversion", name="policy_approval_levels"),
        migrations.RemoveField(model_name="policyversion", name="approval_levels"),
        migrations.RemoveField(model_name="policyversion", name="star_thresholds_minutes"),
    ]
