"""How a text leaves the house: gateways of one shape, chosen by the settings (`XINSHI_SMS_GATEWAY`).

`console` is for developing: it writes the text to standard error. `http` hands it to the hospital's SMS provider, or to the
small program that speaks the provider's language. `off` sends nothing, and pages that need a code say so.
"""

from __future__ import annotations

import http.client
import json
import sys
from typing import Final, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from xinshi.kernel.errors import DomainError, gettext_noop

TIMEOUT_SECONDS: Final = 10
ACCEPTED: Final = range(200, 300)


class NoGateway(DomainError):
    code = "no_sms_gateway"
    message = gettext_noop("This site cannot send texts at the moment. The volunteer service station helps you.")
    status = 503


class GatewayError(Exception):
    """The gateway did not take the text; the argument says why in one word, without the text or the phone."""


class Gateway(Protocol):
    def send(self, *, to: str, shown_to: str, text: str) -> None:
        """Hand `text` over for the phone `to`; GatewayError where it was not taken."""


class ConsoleGateway:
    """For developing: the text on standard error, beside the log and not in it; the phone stays masked."""

    def send(self, *, to: str, shown_to: str, text: str) -> None:  # noqa: ARG002  # The whole phone is not for screens.
        sys.stderr.write(f"[SMS {shown_to}] {text}\n")
        sys.stderr.flush()


class HttpGateway:
    """POST of `{"to", "text"}` as JSON with a bearer token; any answer of 2xx means that the text was taken."""

    def __init__(self, url: str, token: str) -> None:
        self.address, self.token = urlsplit(url), token

    def send(self, *, to: str, shown_to: str, text: str) -> None:  # noqa: ARG002  # The provider needs the whole phone.
        kind = http.client.HTTPSConnection if self.address.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.address.netloc, timeout=TIMEOUT_SECONDS)
        body = json.dumps({"to": to, "text": text}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        try:
            connection.request("POST", self.address.path or "/", body, headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise GatewayError(type(error).__name__) from None
        finally:
            connection.close()
        if status not in ACCEPTED:
            raise GatewayError(f"status {status}")


def is_for_developing() -> bool:
    """True where texts are shown to administrators and on the console instead of being sent."""
    return bool(settings.SMS_GATEWAY == "console")


def is_ready() -> bool:
    return bool(settings.SMS_GATEWAY != "off")


def gateway() -> Gateway:
    """The gateway that the settings choose; NoGateway where they choose none."""
    if settings.SMS_GATEWAY == "console":
        return ConsoleGateway()
    if settings.SMS_GATEWAY == "http":
        return HttpGateway(settings.SMS_HTTP_URL, settings.SMS_HTTP_TOKEN)
    raise NoGateway
