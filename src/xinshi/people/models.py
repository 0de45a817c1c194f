"""Users, roles, persons, consents, tokens."""

from __future__ import annotations

from typing import ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Length

from xinshi.kernel.actor import Role
from xinshi.vault.cipher import blind_index
from xinshi.vault.fields import EncryptedTextField

models.CharField.register_lookup(Length)
ID_CONTEXT: Final = "person.id_number"
PHONE_CONTEXT: Final = "person.phone"


def id_index(number: str) -> str | None:
    """The blind index of an identity number, whatever the case of its letters; None for none."""
    return blind_index(number.upper(), context=ID_CONTEXT) if number else None


def phone_index(phone: str) -> str:
    """The blind index of a phone; empty for none. Several people may share a phone."""
    return blind_index(phone, context=PHONE_CONTEXT) if phone else ""


class Person(models.Model):
    """Somebody in the archive; the fields are those of the ministry's order 67 (民政部令67) and the hospital's own."""

    class Sex(models.TextChoices):
        MALE = "1"
        FEMALE = "2"
        UNKNOWN = ""

    class Group(models.TextChoices):
        """人员类别: how a person belongs to the hospital."""

        STAFF = "staff"
        STUDENT = "student"
        CITIZEN = "citizen"

    name = models.CharField(max_length=64)
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True, default="")
    birth_date = models.DateField(null=True, blank=True)
    id_kind = models.CharField(max_length=2, blank=True, default="")
    id_number = EncryptedTextField(blank=True, default="")
    id_index = models.CharField(max_length=32, null=True, blank=True, unique=True, editable=False)
    volunteer_number = models.CharField(max_length=32, null=True, blank=True, unique=True)
    phone = EncryptedTextField(blank=True, default="")
    phone_index = models.CharField(max_length=32, blank=True, default="", db_index=True, editable=False)
    area = models.CharField(max_length=64, blank=True, default="")
    group = models.CharField(max_length=8, choices=Group.choices, default=Group.CITIZEN)
    skills = models.JSONField(default=list, blank=True)
    service_categories = models.JSONField(default=list, blank=True)
    is_public = models.BooleanField(default=False)
    registered_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "person"
        indexes = [models.Index(fields=["name"], name="person_name")]
        constraints = [
            models.CheckConstraint(condition=models.Q(name__length__gt=0), name="person_has_name"),
            models.CheckConstraint(
                condition=models.Q(id_number="", id_index=None)
                | (~models.Q(id_number="") & models.Q(id_index__isnull=False)),
                name="person_id_indexed",
            ),
        ]


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """A sign-in. A volunteer's user points to their person; a clerk or auditor may have none."""

    username = models.CharField(max_length=64, unique=True)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="user")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        db_table = "user_account"

    @property
    def is_staff(self) -> bool:
        return False

    @property
    def is_superuser(self) -> bool:
        return False


class RoleGrant(models.Model):
    """A role that a user holds."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=16, choices=[(role.value, role.value) for role in Role])
    granted_by = models.CharField(max_length=64)
    granted_at = models.DateTimeField()

    class Meta:
        db_table = "role_grant"
        constraints = [
            models.UniqueConstraint(fields=["user", "role"], name="role_grant_once"),
            models.CheckConstraint(condition=models.Q(role__in=[r.value for r in Role]), name="role_grant_known"),
        ]


class Consent(models.Model):
    """A person's consent to one purpose (`service`, `publicity`, `exchange:zhiyuanhui`), and its withdrawal."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=64)
    given_at = models.DateTimeField()
    given_through = models.CharField(max_length=32)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "consent"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "purpose"], condition=models.Q(withdrawn_at=None), name="consent_once"
            ),
        ]


class ApiToken(models.Model):
    """A program's key to the API in a user's name; only its digest is stored."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_token"
