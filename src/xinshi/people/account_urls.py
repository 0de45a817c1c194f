"""allauth's pages that this site offers: signing in and out, changing one's password."""

from __future__ import annotations

from allauth.account import views
from django.urls import path

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    # Who registered by phone has none yet; changing it sends them here.
    path("password/set/", views.password_set, name="account_set_password"),
]
