"""The interface that partners call (docs/protocol/transport.md): parse, check signatures, take or tell, sign, answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from xinshi.doors.pages import PUBLIC, View
from xinshi.interbank.moving.keys import signed, signer
from xinshi.interbank.moving.reaching import spoke
from xinshi.interbank.moving.taking import take
from xinshi.interbank.moving.telling import list_entries, resend, tell
from xinshi.interbank.moving.trusting import STATUSES, Acquaintance, Trouble, Trusted, trusted
from xinshi.interbank.protocol.bodies import Answer, Body, EntriesQuery, Message, MissingQuery, StateQuery
from xinshi.interbank.protocol.canonical import Malformed, parsed

REQUEST_BYTES_MAX: Final = 262_144
ENVELOPES_MAX: Final = 50
HEARD: Final = frozenset({"paused", "disputed", "chain_broken", "too_far_ahead"})
"""Errors about something that the partner did say, and now."""
Item = dict[str, Any]
B = TypeVar("B", bound=Body)
log = logging.getLogger(__name__)


def _error(trouble: Trouble) -> Item:
    return {"error": {"code": trouble.code, "detail": trouble.detail}}


def _answer(content: Item, status: int = 200) -> HttpResponse:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    response = HttpResponse(text, status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _envelopes(request: HttpRequest, most: int) -> list[Any]:
    """What the request brings; Trouble where it is too large or not of the form."""
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        raise Trouble("malformed") from None
    if length > REQUEST_BYTES_MAX:
        raise Trouble("too_large")
    try:
        found = parsed(request.body)
    except Malformed as error:
        raise Trouble("malformed", str(error)) from None
    envelopes = found.get("envelopes")
    if set(found) != {"envelopes"} or not isinstance(envelopes, list) or not 1 <= len(envelopes) <= most:
        raise Trouble("malformed", f"a request is a list of 1 to {most} envelopes")
    senders = {str(one["body"].get("from")) for one in envelopes if _has_body(one)}
    if len(senders) > 1:
        raise Trouble("malformed", "all envelopes of a request are of one sender")
    return envelopes


def _has_body(envelope: object) -> bool:
    return isinstance(envelope, dict) and isinstance(envelope.get("body"), dict)


def _endpoint(most: int, work: Callable[[list[Any]], list[Item]]) -> Callable[[HttpRequest], HttpResponse]:
    """A view for `work`; where every item fails by one error, the request fails by it.

    It has no session: who may call is whoever signs, so that it is open to everybody and wants no CSRF token.
    """

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            items = work(_envelopes(request, most))
        except Trouble as trouble:
            return _answer(_error(trouble), STATUSES[trouble.code])
        except OperationalError:
            log.exception("a partner was asked to try later")
            return _answer(_error(Trouble("try_later")), STATUSES["try_later"])
        codes = {item["error"]["code"] if "error" in item else "" for item in items}
        if len(codes) == 1 and (code := codes.pop()):
            return _answer(items[0], STATUSES[code])
        return _answer({"envelopes": items})

    declared = cast("View", view)
    declared.page_roles, declared.page_methods = PUBLIC, ("POST",)
    return declared


def _each(envelopes: list[Any], kind: type[B], work: Callable[[Trusted[B]], Answer]) -> list[Item]:
    """Every envelope for itself: an error of one does not undo those before it.

    Where the database gives up (locked for too long, a deadlock, a restart), nothing is promised about that envelope. It is
    answered `try_later`, and so is what stands behind it: each would wait as long again, and the partner waits ten seconds.
    """
    known, items = Acquaintance(), []
    sender, is_heard, sign = "", False, None
    try:
        for envelope in envelopes:
            try:
                said = trusted(envelope, kind, known)
                sender = said.partner.code
                answer = work(said)
                sign = sign or signer(sender)
                items.append(sign(answer))
                is_heard = True
            except Trouble as trouble:
                items.append(_error(trouble))
                is_heard = is_heard or trouble.code in HEARD
        if is_heard and (partner := known.partner(sender)) is not None:
            spoke(partner_id=partner.pk)
    except OperationalError:
        log.exception("a partner was asked to try later")
        items += [_error(Trouble("try_later"))] * (len(envelopes) - len(items))
    return items


messages = _endpoint(ENVELOPES_MAX, lambda envelopes: _each(envelopes, Message, take))
state = _endpoint(ENVELOPES_MAX, lambda envelopes: _each(envelopes, StateQuery, tell))
missing = _endpoint(1, lambda envelopes: resend(trusted(envelopes[0], MissingQuery)))
entries = _endpoint(1, lambda envelopes: [signed(list_entries(trusted(envelopes[0], EntriesQuery)))])
