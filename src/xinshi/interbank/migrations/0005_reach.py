"""Whether a partner can be reached: calls in a row that nobody took, since when, and until when it is left alone."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("interbank", "0004_own_keys_by_two")]

    operations = [
        migrations.AddField("stream", "unanswered", models.PositiveIntegerField(default=0)),
        migrations.AddField("stream", "unreached_since", models.DateTimeField(null=True)),
        migrations.AddField("stream", "quiet_until", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "stream",
            models.CheckConstraint(
                condition=Q(unanswered=0, unreached_since=None, quiet_until=None)
                | Q(unanswered__gt=0, unreached_since__isnull=False),
                name="interbank_stream_reach",
            ),
        ),
    ]
