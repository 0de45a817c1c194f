"""Every page of the site. A page's own addresses are in its room's `urls.py`."""

from __future__ import annotations

from django.urls import include, path

from xinshi.config.health import healthz

urlpatterns = [
    path("", include("xinshi.web.urls")),
    path("account/", include("xinshi.people.account_urls")),
    path("people/", include("xinshi.people.urls")),
    path("organizations/", include("xinshi.organizations.urls")),
    path("bank/", include("xinshi.bank.urls")),
    path("activities/", include("xinshi.activities.urls")),
    path("attendance/", include("xinshi.attendance.urls")),
    path("benefits/", include("xinshi.benefits.urls")),
    path("exchange/", include("xinshi.exchange.urls")),
    path("recognition/", include("xinshi.recognition.urls")),
    path("ledger/", include("xinshi.ledger.urls")),
    path("audit/", include("xinshi.audit.urls")),
    path("messages/", include("xinshi.messages.urls")),
    path("healthz", healthz, name="healthz"),
    path("api/v1/", include("xinshi.api.urls")),
]
