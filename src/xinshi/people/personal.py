"""What of this room is about one person: a copy for them, and what goes when they are erased.

Whoever is erased stays as a row with a pseudonym, so that the book, service records and the audit trail keep their lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db.models import Q

from xinshi.doors.copying import copied
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.outbox.actions import publish_many
from xinshi.people.access import require_archive_keeper
from xinshi.people.domain import EMPTIED, pseudonym_name
from xinshi.people.events import ConsentWithdrawn
from xinshi.people.models import ApiToken, Consent, Guardianship, Person, RoleGrant, UnwantedText, User

BASIC_DATA: Final = (
    "name",
    "sex",
    "birth_date",
    "id_kind",
    "id_number",
    "volunteer_number",
    "phone",
    "area",
    "group",
    "skills",
    "service_categories",
    "is_public",
    "registered_at",
)
EMPTY: Final[dict[str, Any]] = {
    "sex": "",
    "birth_date": None,
    "id_kind": "",
    "id_number": "",
    "id_index": None,
    "id_trace": "",
    "volunteer_number": None,
    "phone": "",
    "phone_index": "",
    "area": "",
    "skills": [],
    "service_categories": [],
    "is_public": False,
}
SESSIONS_AT_ONCE: Final = 2_000


def copy_of(person_ids: Sequence[int]) -> dict[str, list[dict[str, Any]]]:
    """Basic data whole, guardians, consents, sign-ins with their roles, and programs that may act in their name."""
    ids = list(person_ids)
    guardians = Guardianship.objects.filter(ward__in=ids).order_by("pk")
    return {
        "basic_data": copied(Person.objects.filter(pk__in=ids), *BASIC_DATA),
        "guardians": copied(guardians, "name", "relation", "phone", "named_at", "until", "consented_at"),
        "consents": copied(
            Consent.objects.filter(person__in=ids), "purpose", "given_at", "given_through", "withdrawn_at"
        ),
        "unwanted_texts": copied(UnwantedText.objects.filter(person__in=ids).order_by("pk"), "purpose", "since"),
        "sign_ins": copied(User.objects.filter(person__in=ids), "username", "created_at"),
        "roles": copied(RoleGrant.objects.filter(user__person__in=ids), "role", "granted_at"),
        "tokens": copied(ApiToken.objects.filter(user__person__in=ids), "name", "created_at", "last_used_at"),
    }


def forget(*, actor: Actor, person_ids: Sequence[int], pseudonym: str) -> None:
    """Basic data, sign-in, roles, tokens, sessions and guardians' data go; consents end, and that they were given stays.

    The last step of erasing somebody: other rooms still find the person by number and phone before it.
    """
    require_archive_keeper(actor)
    ids, at = list(person_ids), clock.now()
    given = Consent.objects.filter(person__in=ids, withdrawn_at=None)
    ended = list(given.values_list("person_id", "purpose"))
    given.update(withdrawn_at=at)
    publish_many(ConsentWithdrawn(person_id=person_id, purpose=purpose) for person_id, purpose in ended)
    UnwantedText.objects.filter(person__in=ids).delete()
    _end_sign_ins(ids, pseudonym)
    _guardians(ids)
    Person.objects.filter(pk__in=ids).update(name=pseudonym_name(pseudonym), erased_at=at, **EMPTY)


def _end_sign_ins(person_ids: Sequence[int], pseudonym: str) -> None:
    users = list(User.objects.filter(person__in=person_ids).order_by("pk").values_list("pk", flat=True))
    _end_sessions({str(user_id) for user_id in users})
    ApiToken.objects.filter(user__in=users).delete()
    RoleGrant.objects.filter(user__in=users).delete()
    for number, user_id in enumerate(users, start=1):
        User.objects.filter(pk=user_id).update(
            username=f"erased-{pseudonym}-{number}", password=make_password(None), is_active=False
        )


def _end_sessions(user_ids: set[str]) -> None:
    """Sessions know their user only inside: every one that lasts is looked at."""
    lasting = Session.objects.filter(expire_date__gt=clock.now())
    gone = [
        row.session_key
        for row in lasting.iterator(chunk_size=SESSIONS_AT_ONCE)
        if row.get_decoded().get("_auth_user_id") in user_ids
    ]
    for start in range(0, len(gone), SESSIONS_AT_ONCE):
        Session.objects.filter(session_key__in=gone[start : start + SESSIONS_AT_ONCE]).delete()


def _guardians(person_ids: Sequence[int]) -> None:
    """Of who answered for somebody erased, and of somebody erased who once answered for another."""
    rows = Guardianship.objects.filter(Q(ward__in=person_ids) | Q(guardian__in=person_ids))
    rows.exclude(consent_note="").update(consent_note=EMPTIED)
    Guardianship.objects.filter(ward__in=person_ids, ended_at=None).update(ended_at=clock.now())
    rows.update(name=EMPTIED, phone="", id_number="", guardian=None)
