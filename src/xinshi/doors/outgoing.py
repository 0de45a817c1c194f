"""The way out: the one place from which a partner's interface is called over HTTPS. Callers name an address, not a socket.

What an address may be: `https://` with a name or a literal address that is public, or that lies in a network which the
settings allow by name (`XINSHI_OUTGOING_NETWORKS`); `http://` only to this machine, where the settings allow it. A name is
resolved once, each of its addresses must be allowed, and the connection goes to the one that was checked: a name that
answers differently the second time (rebinding) gains nothing. Numbers in any other spelling than the usual one (decimal,
octal, hexadecimal, shortened) are no addresses here. Redirects are answers, never followed.

Every call ends: `timeout_seconds` bounds all of it from connecting to the last byte (the system's own look-up of a name
comes before), `bytes_max` bounds the answer. Nothing of a body or a header value is ever in a refusal.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, cast
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from xinshi.kernel.errors import DomainError, gettext_noop

Address = IPv4Address | IPv6Address

URL_LENGTH_MAX: Final = 200
ADDRESSES_MAX: Final = 16
"""No honest name has more addresses than this."""
CHUNK_BYTES: Final = 65_536
HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
"""Labels of letters, digits and hyphens, the last beginning with a letter: `0x7f.1` and `2130706433` are no names."""
LEADS_NOWHERE: Final = ".invalid"
"""Names below it never lead anywhere and need no look-up (RFC 6761, 6.4): invented partners stand there."""
VISIBLE: Final = re.compile(r"[!-~]+")
HEADER_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
HEADER_VALUE: Final = re.compile(r"[ -~]{0,2000}")
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
NEVER_PUBLIC: Final[tuple[IPv4Network | IPv6Network, ...]] = (
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)
"""Relays and tunnels that carry an inner address, and examples of books."""


NAME_UNKNOWN: Final = gettext_noop("its name leads nowhere")
REFUSED: Final = gettext_noop("nobody takes the call")
NOT_TRUSTED: Final = gettext_noop("its certificate is not trusted")
TOO_LATE: Final = gettext_noop("it took too long")
CUT_OFF: Final = gettext_noop("the answer was cut off")
TOO_LONG: Final = gettext_noop("the answer was too long")


class NotSent(DomainError):
    """Surely nothing reached the other side: the same may be sent again."""

    code = "not_sent"
    message = gettext_noop("The other side could not be reached (%(reason)s). Try again later.")
    status = 502


class AddressRefused(NotSent):
    code = "address_refused"
    message = gettext_noop(
        "This address is not allowed: it needs https:// and a public host. A network of your own is allowed by the setting "
        "XINSHI_OUTGOING_NETWORKS."
    )
    status = 422


class NoAnswer(DomainError):
    """The other side may or may not have taken what was sent: ask it by the same key before anything else."""

    code = "no_answer"
    message = gettext_noop("The other side gave no whole answer (%(reason)s). What was sent may have arrived there.")
    status = 502


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Destination:
    """An address taken apart and checked as far as its spelling goes."""

    host: str
    port: int
    target: str
    is_secure: bool
    literal: Address | None

    @property
    def authority(self) -> str:
        name = f"[{self.host}]" if isinstance(self.literal, IPv6Address) else self.host
        return name if self.port == (443 if self.is_secure else 80) else f"{name}:{self.port}"


def send(
    url: str,
    *,
    body: bytes | None,
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = 10.0,
    bytes_max: int = 1_000_000,
) -> Answer:
    """POST `body` to `url` (GET where it is None) and return the answer, whatever its status.

    AddressRefused or NotSent: nothing arrived there. NoAnswer: nobody knows; the answer was cut off, too long or too late.
    """
    assert timeout_seconds > 0, "a call has a time-out"
    assert bytes_max > 0, "an answer has a limit"
    destination = require_allowed(url)
    until = time.monotonic() + timeout_seconds
    raw = _connected(_checked_addresses(destination), destination, until)
    try:
        return _exchange(raw, _request(destination, body, headers or {}), until, bytes_max)
    finally:
        raw.close()


def destination_of(url: str) -> Destination:
    """`url` taken apart; AddressRefused for any spelling that is not plain. Nothing is looked up."""
    if len(url) > URL_LENGTH_MAX or not VISIBLE.fullmatch(url) or "\\" in url:
        raise AddressRefused
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "")
    except ValueError:
        raise AddressRefused from None
    if parts.scheme not in ("https", "http") or "@" in parts.netloc or parts.fragment or port == 0:
        raise AddressRefused
    literal = _literal(parts, host)
    if literal is None and not HOST_NAME.fullmatch(host):
        raise AddressRefused
    is_secure = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(host, port or (443 if is_secure else 80), target, is_secure, literal)


def require_allowed(url: str) -> Destination:
    """AddressRefused where `url` may not be called; a name is not looked up before it is called."""
    destination = destination_of(url)
    if destination.literal is not None:
        _require_reachable(destination, destination.literal)
    elif not destination.is_secure and destination.host != "localhost":
        raise AddressRefused
    return destination


def _literal(parts: SplitResult, host: str) -> Address | None:
    """The address that the host is written as, in its one usual spelling; None for a name."""
    is_bracketed = parts.netloc.startswith("[")
    if not is_bracketed and not host[-1:].isdigit():
        return None
    try:
        found = ip_address(host)
    except ValueError:
        return None
    if "%" in host or isinstance(found, IPv6Address) is not is_bracketed:
        raise AddressRefused
    return found


def is_public(address: Address) -> bool:
    """True for an address of the public internet that carries no other address inside."""
    if any(address in network for network in NEVER_PUBLIC if network.version == address.version):
        return False
    if isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast


@cache
def _networks(names: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(name) for name in names)


def _is_allowed_by_name(address: Address) -> bool:
    networks = _networks(tuple(settings.OUTGOING_NETWORKS))
    return any(address in network for network in networks if network.version == address.version)


def _require_reachable(destination: Destination, address: Address) -> None:
    by_name = _is_allowed_by_name(address)
    if not (by_name or is_public(address)):
        raise AddressRefused
    if not destination.is_secure and not (by_name and address.is_loopback):
        raise AddressRefused


def _checked_addresses(destination: Destination) -> list[Address]:
    """Where the destination's name leads, by one look-up; one address that is not allowed refuses all of them."""
    if destination.literal is not None:
        found = [destination.literal]
    elif f".{destination.host}".endswith(LEADS_NOWHERE):
        raise NotSent(reason=NAME_UNKNOWN)
    else:
        try:
            rows = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NotSent(reason=NAME_UNKNOWN) from None
        found = list(dict.fromkeys(ip_address(str(row[4][0]).partition("%")[0]) for row in rows))[:ADDRESSES_MAX]
    if not found:
        raise NotSent(reason=NAME_UNKNOWN)
    for address in found:
        _require_reachable(destination, address)
    return found


def _connected(addresses: list[Address], destination: Destination, until: float) -> socket.socket:
    """A connection, encrypted where it has to be, to the first of `addresses` that takes it."""
    reason = REFUSED
    for address in addresses:
        family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
        raw = socket.socket(family, socket.SOCK_STREAM)
        try:
            raw.settimeout(_left(until))
            raw.connect((str(address), destination.port))
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not destination.is_secure:
                return raw
            raw.settimeout(_left(until))
            return ssl.create_default_context().wrap_socket(raw, server_hostname=destination.host)
        except ssl.SSLError:
            raw.close()
            raise NotSent(reason=NOT_TRUSTED) from None
        except OSError as error:
            raw.close()
            reason = TOO_LATE if isinstance(error, TimeoutError) else REFUSED
    raise NotSent(reason=reason)


def _left(until: float) -> float:
    """Seconds that are left; TimeoutError where none are."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(destination: Destination, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    lines = [
        f"{'GET' if body is None else 'POST'} {destination.target} HTTP/1.1",
        f"Host: {destination.authority}",
        "Connection: close",
        "Accept-Encoding: identity",
    ]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    for name, value in headers.items():
        assert HEADER_NAME.fullmatch(name), "a header's name is plain"
        assert HEADER_VALUE.fullmatch(value), "a header's value is one line of ASCII"
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (body or b"")


class _Incoming(io.RawIOBase):
    """Reads from a socket until a moment, however slowly the bytes drip."""

    def __init__(self, raw: socket.socket, until: float) -> None:
        self.raw, self.until = raw, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        self.raw.settimeout(_left(self.until))
        return self.raw.recv_into(buffer)


class _Reading:
    """What `http.client.HTTPResponse` asks of a socket: something to read from."""

    def __init__(self, raw: socket.socket, until: float) -> None:
        self.stream = io.BufferedReader(_Incoming(raw, until))

    def makefile(self, *_: object, **__: object) -> io.BufferedIOBase:
        return self.stream


def _exchange(raw: socket.socket, request: bytes, until: float, bytes_max: int) -> Answer:
    """Write the request, read the answer; whatever goes wrong now leaves open whether it arrived."""
    method = request[: request.index(b" ")].decode()
    try:
        for start in range(0, len(request), CHUNK_BYTES):
            raw.settimeout(_left(until))
            raw.sendall(request[start : start + CHUNK_BYTES])
        response = http.client.HTTPResponse(cast("socket.socket", _Reading(raw, until)), method=method)
        response.begin()
        body = _body(response, bytes_max)
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body)
    except TimeoutError:
        raise NoAnswer(reason=TOO_LATE) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise NoAnswer(reason=CUT_OFF) from None


def _body(response: http.client.HTTPResponse, bytes_max: int) -> bytes:
    """The whole body; NoAnswer where it is longer than `bytes_max` or ends before its announced length."""
    if response.length is not None and response.length > bytes_max:
        raise NoAnswer(reason=TOO_LONG)
    parts: list[bytes] = []
    count = 0
    while part := response.read(min(CHUNK_BYTES, bytes_max + 1 - count)):
        parts.append(part)
        count += len(part)
        if count > bytes_max:
            raise NoAnswer(reason=TOO_LONG)
    if response.length:
        raise NoAnswer(reason=CUT_OFF)
    return b"".join(parts)
