"""How often a gap in a partner's stream was asked for in vain, and when it is asked for again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interbank", "0005_reach")]

    operations = [
        migrations.AddField("stream", "gap_tries", models.PositiveIntegerField(default=0)),
        migrations.AddField("stream", "gap_due_at", models.DateTimeField(null=True)),
    ]
