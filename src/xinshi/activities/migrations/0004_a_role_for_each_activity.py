"""Every activity gets the one role that it had so far, and its shifts are in it."""

from django.db import migrations, models


def give_each_activity_its_role(apps, _schema_editor):
    """One role without a name for each activity, and its shifts in it."""
    Activity, Role, Shift = (apps.get_model("activities", name) for name in ("Activity", "ActivityRole", "Shift"))
    ids = list(Activity.objects.order_by("pk").values_list("pk", flat=True))
    Role.objects.bulk_create([Role(activity_id=pk) for pk in ids], batch_size=1_000)
    role = Role.objects.filter(activity_id=models.OuterRef("activity_id")).values("pk")[:1]
    Shift.objects.update(role_id=models.Subquery(role))


class Migration(migrations.Migration):
    dependencies = [("activities", "0003_roles_and_sign_up_states")]
    operations = [migrations.RunPython(give_each_activity_its_role, migrations.RunPython.noop)]
