"""Organisations and membership."""

from __future__ import annotations

from django.db import models

from xinshi.people.models import Person


class Organization(models.Model):
    """A department, a partner team, a university; the hospital itself is the root."""

    class Kind(models.TextChoices):
        HOSPITAL = "hospital"
        DEPARTMENT = "department"
        PARTNER = "partner"
        UNIVERSITY = "university"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    contact = models.CharField(max_length=100, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "organization"


class Membership(models.Model):
    """A person belongs to an organisation from `since` until they leave."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organization"], condition=models.Q(until=None), name="membership_once"
            ),
        ]
