from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0001_campaigns"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "open", "closed"])), name="campaign_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "category__in",
                        [
                            "0001",
                            "0002",
                            "0003",
                            "0004",
                            "0005",
                            "0006",
                            "0007",
                            "0008",
                            "0009",
                            "0010",
                            "0011",
                            "0012",
                            "0013",
                            "0014",
                            "0015",
                            "0016",
                            "0017",
                            "0018",
                            "0019",
                            "0020",
                            "0099",
                            "3201",
                        ],
                    )
                ),
                name="campaign_category_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="campaign_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("activation_places", 0), models.Q(("activation_reason", ""), _negated=True), _connector="OR"
                ),
                name="campaign_activation_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_dangerous", False), ("insurance_until__gte", models.F("ends_on")), _connector="OR"
                ),
                name="campaign_danger_insured",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "open"), _negated=True), ("opened_at__isnull", False), _connector="OR"
                ),
                name="campaign_opened_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "closed"), _negated=True), ("closed_at__isnull", False), _connector="OR"
                ),
                name="campaign_closed_when",
            ),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(condition=models.Q(("state", "running")), fields=["next_at"], name="campaign_call_due"),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["running", "filled", "nobody_left", "quota_used", "stopped", "over"])
                ),
                name="campaign_call_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="call",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("state", "running")),
                    models.Q(models.Q(("state", "running"), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="campaign_call_ended_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="callpost",
            constraint=models.UniqueConstraint(fields=("call", "post"), name="campaign_call_post_once"),
        ),
        migrations.AddConstraint(
            model_name="calledperson",
            constraint=models.UniqueConstraint(fields=("person", "day"), name="campaign_called_once_a_day"),
        ),
        migrations.AddConstraint(
            model_name="campaignrole",
            constraint=models.UniqueConstraint(fields=("campaign", "name"), name="campaign_role_once"),
        ),
        migrations.AddConstraint(
            model_name="campaignsite",
            constraint=models.UniqueConstraint(fields=("campaign", "name"), name="campaign_site_once"),
        ),
        migrations.AddConstraint(
            model_name="campaignsite",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at", None), models.Q(("closing_reason", ""), _negated=True), _connector="OR"
                ),
                name="campaign_site_closed_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignsite",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude", None), ("longitude", None)),
                    models.Q(("latitude__isnull", False), ("longitude__isnull", False)),
                    _connector="OR",
                ),
                name="campaign_site_both_coordinates",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignwave",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True), ("organization__isnull", False)),
                fields=("campaign", "organization"),
                name="campaign_wave_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignwave",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True), ("organization", None)),
                fields=("campaign",),
                name="campaign_wave_one_for_all",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignwave",
            constraint=models.CheckConstraint(
                condition=models.Q(("places", None), ("used__lte", models.F("places")), _connector="OR"),
                name="campaign_wave_quota",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignwindow",
            constraint=models.UniqueConstraint(fields=("campaign", "starts", "ends"), name="campaign_window_once"),
        ),
        migrations.AddConstraint(
            model_name="campaignwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends__gt", models.F("starts"))), name="campaign_window_ends_after_start"
            ),
        ),
        migrations.AddIndex(
            model_name="campaignpost",
            index=models.Index(fields=["day", "site"], name="campaign_post_day"),
        ),
        migrations.AddConstraint(
            model_name="campaignpost",
            constraint=models.UniqueConstraint(fields=("site", "day", "window", "role"), name="campaign_post_once"),
        ),
        migrations.AddConstraint(
            model_name="campaignpost",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum__lte", models.F("places"))), name="campaign_post_minimum_within_places"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignpost",
            constraint=models.CheckConstraint(
                condition=models.Q(("places__gte", 1), ("shift__isnull", False), _connector="OR"),
                name="campaign_post_needs_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="handovernote",
            index=models.Index(fields=["site", "written_at"], name="campaign_note_of_site"),
        ),
        migrations.AddIndex(
            model_name="recruit",
            index=models.Index(
                condition=models.Q(("was_activated", True)), fields=["campaign"], name="campaign_recruit_activated"
            ),
        ),
        migrations.AddConstraint(
            model_name="recruit",
            constraint=models.UniqueConstraint(fields=("campaign", "person"), name="campaign_recruit_once"),
        ),
        migrations.AddConstraint(
            model_name="recruit",
            constraint=models.CheckConstraint(
                condition=models.Q(("through__in", ["phone", "account", "station", "list"])),
                name="campaign_recruit_through",
            ),
        ),
    ]
