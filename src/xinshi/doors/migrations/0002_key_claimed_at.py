from django.db import migrations, models


class Migration(migrations.Migration):
    """When a key was claimed is written by the door itself, because a dead claim is taken over."""

    dependencies = [("doors", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="idempotencykey",
            name="created_at",
            field=models.DateTimeField(db_index=True),
        ),
    ]
