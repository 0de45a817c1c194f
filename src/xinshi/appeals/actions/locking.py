"""Locks of this room: the person, the service record, the passbook, the request; the ledger's balances come after."""

from __future__ import annotations

from xinshi.appeals.domain import CorrectionKind, PassbookNeeded
from xinshi.appeals.models import CorrectionRequest
from xinshi.attendance.models import ServiceRecord
from xinshi.bank.models import Passbook
from xinshi.kernel.errors import NotFound
from xinshi.people.models import Person


def locked_passbook(person_id: int) -> Passbook:
    """Whoever asks about this person's hours, or decides on it, waits here; PassbookNeeded where they have none."""
    found = Passbook.objects.select_for_update(no_key=True).filter(person_id=person_id).first()
    if found is None:
        raise PassbookNeeded
    return found


def locked_request(request_id: int) -> CorrectionRequest:
    """The request with everything of it that a step may touch, locked; NotFound where there is none."""
    known = CorrectionRequest.objects.filter(pk=request_id).values_list("person_id", "kind", "subject_ref").first()
    if known is None:
        raise NotFound
    person_id, kind, subject_ref = known
    list(Person.objects.select_for_update(no_key=True, of=("self",)).filter(pk=person_id).values_list("pk"))
    if kind == CorrectionKind.RECORD:
        number = int(subject_ref.partition(":")[2])
        list(ServiceRecord.objects.select_for_update(of=("self",)).filter(pk=number).values_list("pk"))
    locked_passbook(person_id)
    return CorrectionRequest.objects.select_for_update(no_key=True).get(pk=request_id)
