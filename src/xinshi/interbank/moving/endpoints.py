"""The interface that partners call (docs/protocol/transport.md): parse, check signatures, take or tell, sign, answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from xinshi.doors.pages import PUBLIC, View
from xinshi.interbank.moving.keys import signed
from xinshi.interbank.moving.taking import take
from xinshi.interbank.moving.telling import list_entries, resend, tell
from xinshi.interbank.moving.trusting import STATUSES, Trouble, trusted
from xinshi.interbank.protocol.bodies import EntriesQuery, Message, MissingQuery, StateQuery
from xinshi.interbank.protocol.canonical import Malformed, parsed

REQUEST_BYTES_MAX: Final = 262_144
ENVELOPES_MAX: Final = 50
Item = dict[str, Any]


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
        codes = {item["error"]["code"] if "error" in item else "" for item in items}
        if len(codes) == 1 and (code := codes.pop()):
            return _answer(items[0], STATUSES[code])
        return _answer({"envelopes": items})

    declared = cast("View", view)
    declared.page_roles, declared.page_methods = PUBLIC, ("POST",)
    return declared


def _each(envelopes: list[Any], work: Callable[[Any], Item]) -> list[Item]:
    """Every envelope for itself: an error of one does not undo those before it."""
    found = []
    for envelope in envelopes:
        try:
            found.append(work(envelope))
        except Trouble as trouble:
            found.append(_error(trouble))
    return found


messages = _endpoint(ENVELOPES_MAX, lambda envelopes: _each(envelopes, lambda one: signed(take(trusted(one, Message)))))
state = _endpoint(ENVELOPES_MAX, lambda envelopes: _each(envelopes, lambda one: signed(tell(trusted(one, StateQuery)))))
missing = _endpoint(1, lambda envelopes: resend(trusted(envelopes[0], MissingQuery)))
entries = _endpoint(1, lambda envelopes: [signed(list_entries(trusted(envelopes[0], EntriesQuery)))])
