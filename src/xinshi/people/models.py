"""Users, roles, persons, guardians, consents, texts that are not wanted, tokens."""

from __future__ import annotations

import unicodedata
from typing import ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Length

from xinshi.kernel.actor import Role
from xinshi.people.domain import TEXT_PURPOSES
from xinshi.vault.cipher import blind_index
from xinshi.vault.fields import EncryptedTextField

models.CharField.register_lookup(Length)
ID_CONTEXT: Final = "person.id_number"
TRACE_CONTEXT: Final = "person.id_trace"
PHONE_CONTEXT: Final = "person.phone"


def id_index(number: str) -> str | None:
    """The blind index of an identity number, whatever the case of its letters; None for none."""
    return blind_index(number.upper(), context=ID_CONTEXT) if number else None


def id_trace(number: str) -> str:
    """The blind index of an identity number's letters and digits, whatever stands between them; empty for none."""
    signs = "".join(sign for sign in unicodedata.normalize("NFKC", number).upper() if sign.isalnum())
    return blind_index(signs, context=TRACE_CONTEXT) if signs else ""


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
    id_trace = models.CharField(max_length=32, blank=True, default="", db_index=True, editable=False)
    """The blind index of the number's letters and digits alone: it finds one document that was written in two ways."""
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
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged_people")
    """Who stays of two records of the same human being; whoever was merged is found no more and signs in no more."""

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
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | ~models.Q(merged_into=models.F("id")),
                name="person_merged_into_another",
            ),
        ]


class Guardianship(models.Model):
    """Who answers for a minor 监护人, and their consent. Ends by itself on `until`, the birthday that makes it needless."""

    class Relation(models.TextChoices):
        PARENT = "parent"
        GRANDPARENT = "grandparent"
        OTHER = "other"

    class Through(models.TextChoices):
        NONE = ""
        TEXT = "text"
        PAPER = "paper"

    ward = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="guardianships")
    guardian = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="wards")
    """The guardian's own record, where they are a volunteer too: then they may see the minor's passbook."""
    name = models.CharField(max_length=64)
    relation = models.CharField(max_length=12, choices=Relation.choices)
    phone = EncryptedTextField(blank=True, default="")
    id_number = EncryptedTextField()
    named_at = models.DateTimeField()
    named_by_ref = models.CharField(max_length=64)
    until = models.DateField()
    consented_at = models.DateTimeField(null=True)
    consented_through = models.CharField(max_length=5, choices=Through.choices, blank=True, default="")
    consent_note = models.CharField(max_length=200, blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "guardianship"
        constraints = [
            models.UniqueConstraint(
                fields=["ward"], condition=models.Q(ended_at=None), name="guardianship_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(consented_at=None, consented_through="")
                | (models.Q(consented_at__isnull=False) & ~models.Q(consented_through="")),
                name="guardianship_consent_says_how",
            ),
            models.CheckConstraint(
                condition=~models.Q(consented_through="paper") | ~models.Q(consent_note=""),
                name="guardianship_paper_has_note",
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
    known_roles: frozenset[str] | None = None
    """Read together with the session's user; None where they were not, and for a user who lives longer than a request."""

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


class UnwantedText(models.Model):
    """A kind of text to their phone that somebody does not want; what is not here is sent."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="unwanted_texts")
    purpose = models.CharField(max_length=32)
    since = models.DateTimeField()

    class Meta:
        db_table = "unwanted_text"
        constraints = [
            models.UniqueConstraint(fields=["person", "purpose"], name="unwanted_text_once"),
            models.CheckConstraint(condition=models.Q(purpose__in=TEXT_PURPOSES), name="unwanted_text_may_be_declined"),
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
