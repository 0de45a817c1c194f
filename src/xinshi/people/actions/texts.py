"""Which texts go to somebody's phone: said by oneself, or by the station for whoever has no sign-in."""

from __future__ import annotations

from django.db import transaction

from xinshi.audit.actions import record
from xinshi.kernel import clock
from xinshi.kernel.actor import Actor
from xinshi.kernel.errors import NotFound
from xinshi.people.access import require_own_or_keeper
from xinshi.people.domain import TEXT_PURPOSES
from xinshi.people.models import Person, UnwantedText


@transaction.atomic
def choose_text(*, actor: Actor, person_id: int, purpose: str, wanted: bool) -> None:
    """Have texts of this purpose sent or kept back from now on; said twice it is the same."""
    require_own_or_keeper(actor, person_id)
    if purpose not in TEXT_PURPOSES or not Person.objects.filter(pk=person_id, erased_at=None).exists():
        raise NotFound
    if wanted:
        gone, _ = UnwantedText.objects.filter(person_id=person_id, purpose=purpose).delete()
        is_new = bool(gone)
    else:
        _row, is_new = UnwantedText.objects.get_or_create(
            person_id=person_id, purpose=purpose, defaults={"since": clock.now()}
        )
    if is_new:
        record(
            actor=actor,
            action="people.choose_text",
            object_ref=f"person:{person_id}",
            purpose=purpose,
            wanted=wanted,
        )
