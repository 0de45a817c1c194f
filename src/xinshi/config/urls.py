"""Every page of the site. A page's own addresses are in its room's `urls.py`."""

from __future__ import annotations

from django.urls import include, path

from xinshi.config.health import healthz

handler404 = "xinshi.config.missing.not_found"

urlpatterns = [
    path("api/v1/", include("xinshi.api.urls")),
    path("account/", include("xinshi.people.account_urls")),
    path("people/", include("xinshi.people.urls")),
    path("archive/", include("xinshi.archive.urls")),
    path("organizations/", include("xinshi.organizations.urls")),
    path("bank/", include("xinshi.bank.urls")),
    path("training/", include("xinshi.training.urls")),
    path("activities/", include("xinshi.activities.urls")),
    path("scheduling/", include("xinshi.scheduling.urls")),
    path("attendance/", include("xinshi.attendance.urls")),
    path("benefits/", include("xinshi.benefits.urls")),
    path("exchange/", include("xinshi.exchange.urls")),
    path("interbank/", include("xinshi.interbank.urls")),
    path("campaigns/", include("xinshi.campaigns.urls")),
    path("giving/", include("xinshi.giving.urls")),
    path("appeals/", include("xinshi.appeals.urls")),
    path("liabilities/", include("xinshi.liabilities.urls")),
    path("recognition/", include("xinshi.recognition.urls")),
    path("ledger/", include("xinshi.ledger.urls")),
    path("audit/", include("xinshi.audit.urls")),
    path("messages/", include("xinshi.messages.urls")),
    path("healthz", healthz, name="healthz"),
    path("", include("xinshi.web.urls")),
]
