"""The way out leads to public hosts only, whatever an address looks like, and every call ends."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from xinshi.doors import outgoing
from xinshi.doors.outgoing import AddressRefused, NoAnswer, NotSent, destination_of, require_allowed, send

pytestmark = pytest.mark.any_database

HOSTILE_LITERALS = [
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "0.0.0.0", "0", "0.0.0.1", "10.0.0.1", "10.255.255.255",
    "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.0.1", "100.64.0.1",
    "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "2130706433", "3232235521", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1",
    "017700000001", "00000127.0.0.1", "127.0.0.1.", "1.1.1", "1.1.1.256", "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]",
    "[0:0:0:0:0:0:0:1]", "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456:789a::1]", "[fec0::1]", "[ff02::1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::808:808]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[100::1]",
    "[3fff::1]", "[127.0.0.1]", "[::1", "::1",
]  # fmt: skip
HOSTILE_URLS = [
    "", "127.0.0.1", "//bank.example/x", "ftp://bank.example/", "file:///etc/passwd", "gopher://bank.example/_x", "data:,x",
    "http://bank.example/", "http://8.8.8.8/", "HTTP://bank.example/", "https://", "https:///x", "https://user@bank.example/",
    "https://bank.example:password@127.0.0.1/", "https://bank.example@127.0.0.1/", "https://bank.example\\@127.0.0.1/",
    "https://bank.example/#@127.0.0.1", "https://bank.example:0/", "https://bank.example:65536/", "https://bank.example:x/",
    "https://bank example/", "https://bank.example/\r\nHost: inner", "https://bank.example/\x00", "https://bank_.example/",
    "https://-bank.example/", "https://银行.example/", "https://" + "a" * 64 + ".example/", "https://b.example/" + "x" * 200,
    " https://bank.example/", "https://bank.example./", "https://.bank.example/", "https://bank..example/",
]  # fmt: skip
HOSTILE_ANSWERS = [
    ["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"], ["fe80::1%eth0"],
    ["8.8.8.8", "127.0.0.1"], ["2606:4700:4700::1111", "fd00::1"], ["0.0.0.0"], ["100.64.0.1"], ["64:ff9b::a00:1"],
]  # fmt: skip


class Connections:
    """Every attempt to connect, none of which succeeds."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    def connect(self, _: socket.socket, address: tuple[str, int]) -> None:
        self.tried.append(address[0])
        raise ConnectionRefusedError


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Connections:
    found = Connections()
    monkeypatch.setattr(socket.socket, "connect", lambda raw, address: found.connect(raw, address))
    return found


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The resolver gives these answers one after the other; returns what it was asked."""
    asked: list[str] = []
    rest = list(answers)

    def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in rest.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_there_are_enough_hostile_addresses() -> None:
    assert len({*HOSTILE_LITERALS, *HOSTILE_URLS}) + len(HOSTILE_ANSWERS) >= 100


def test_no_hostile_address_is_connected_to_or_looked_up(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve_to(monkeypatch)
    for url in [*(f"https://{host}/x" for host in HOSTILE_LITERALS), *HOSTILE_URLS]:
        with pytest.raises(AddressRefused):
            send(url, body=b"x", timeout_seconds=1)
        with pytest.raises(AddressRefused):
            require_allowed(url)
    assert (connections.tried, asked) == ([], [])


@pytest.mark.parametrize("host", ["invalid", "bank.invalid", "east.bank.invalid"])
def test_a_name_that_was_invented_is_not_looked_up(
    connections: Connections, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    asked = resolve_to(monkeypatch)
    with pytest.raises(NotSent) as refused:
        send(f"https://{host}/x", body=b"x", timeout_seconds=1)
    assert (refused.value.code, connections.tried, asked) == ("not_sent", [], [])


def test_a_name_that_leads_inside_is_not_connected_to(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, *HOSTILE_ANSWERS)
    for _ in HOSTILE_ANSWERS:
        with pytest.raises(AddressRefused):
            send("https://bank.example/x", body=b"x", timeout_seconds=1)
    assert connections.tried == []


def test_a_name_that_answers_differently_the_second_time_gains_nothing(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve_to(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(NotSent):
        send("https://bank.example/x", body=b"x", timeout_seconds=1)
    assert (asked, connections.tried) == (["bank.example"], ["8.8.8.8"])


def test_public_addresses_are_connected_to(connections: Connections) -> None:
    for host, address in (("8.8.8.8", "8.8.8.8"), ("[2606:4700:4700::1111]:8443", "2606:4700:4700::1111")):
        with pytest.raises(NotSent):
            send(f"https://{host}/x", body=b"x", timeout_seconds=1)
        assert connections.tried.pop() == address


def test_a_network_of_ones_own_is_allowed_by_name_and_only_with_encryption(
    connections: Connections, settings: Any
) -> None:
    settings.OUTGOING_NETWORKS = ["10.20.0.0/16"]
    with pytest.raises(NotSent):
        send("https://10.20.1.1/x", body=b"x", timeout_seconds=1)
    for refused in ("http://10.20.1.1/x", "https://10.21.1.1/x", "http://127.0.0.1/x"):
        with pytest.raises(AddressRefused):
            send(refused, body=b"x", timeout_seconds=1)
    assert connections.tried == ["10.20.1.1"]


def test_an_address_is_taken_apart() -> None:
    found = destination_of("https://bank.example:8443/interbank/v1?x=1")
    assert (found.host, found.port, found.target) == ("bank.example", 8443, "/interbank/v1?x=1")
    assert (found.authority, destination_of("https://bank.example").authority) == ("bank.example:8443", "bank.example")
    assert destination_of("https://[2606:4700:4700::1111]/").authority == "[2606:4700:4700::1111]"


class Listener:
    """A server that says what it is told to, byte by byte; `received` is what it was sent."""

    def __init__(self, talk: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> None:
        self.talk, self.context, self.received, self.accepted = talk, context, b"", 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                if self.context:
                    connection = self.context.wrap_socket(connection, server_side=True)
                self.received = connection.recv(65_536)
                self.talk(connection)
            except OSError:
                pass
            finally:
                connection.close()


@pytest.fixture
def listen(settings: Any) -> Iterator[Callable[..., Listener]]:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    opened: list[Listener] = []

    def start(answer: bytes | Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> Listener:
        talk = answer if callable(answer) else lambda connection: connection.sendall(answer)
        opened.append(Listener(talk, context))
        return opened[-1]

    yield start
    for one in opened:
        one.server.close()


def test_an_answer_comes_back_whole(listen: Callable[..., Listener]) -> None:
    server = listen(b"HTTP/1.1 409 Conflict\r\nContent-Length: 4\r\nX-Said: yes\r\n\r\nnope")
    answer = send(f"http://127.0.0.1:{server.port}/in?a=1", body=b"{}", headers={"Content-Type": "application/json"})
    assert (answer.status, answer.headers["x-said"], answer.body) == (409, "yes", b"nope")
    head, _, body = server.received.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /in?a=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}".encode() in head
    assert b"Content-Type: application/json" in head
    assert body == b"{}"


def test_a_redirect_is_an_answer_and_not_followed(listen: Callable[..., Listener]) -> None:
    inner = listen(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    target = f"http://127.0.0.1:{inner.port}/"
    server = listen(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
    assert send(f"http://127.0.0.1:{server.port}/", body=b"x").status == 302
    assert inner.accepted == 0


def drip(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", outgoing.CUT_OFF),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000, outgoing.TOO_LONG),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000, outgoing.TOO_LONG),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", outgoing.CUT_OFF),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" + b"x" * 4095, outgoing.TOO_LONG),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, outgoing.CUT_OFF),
        (b"not HTTP at all\r\n\r\n", outgoing.CUT_OFF),
        (b"", outgoing.CUT_OFF),
        (drip, outgoing.TOO_LATE),
        (lambda connection: time.sleep(0.6), outgoing.TOO_LATE),
    ],
)
def test_an_answer_that_is_not_whole_leaves_it_open(listen: Callable[..., Listener], answer: Any, reason: str) -> None:
    server = listen(answer)
    begun = time.monotonic()
    with pytest.raises(NoAnswer) as refusal:
        send(f"http://127.0.0.1:{server.port}/", body=b"x", timeout_seconds=0.4, bytes_max=1_000)
    assert refusal.value.parameters == {"reason": reason}
    assert time.monotonic() - begun < 2


def test_a_closed_port_means_that_nothing_was_sent(settings: Any) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotSent) as refusal:
        send(f"http://127.0.0.1:{port}/", body=b"x", timeout_seconds=1)
    assert refusal.value.parameters == {"reason": outgoing.REFUSED}


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("certificate")
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    keys = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    paths = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run(["openssl", "req", "-x509", "-days", "2", *keys, *subject, *paths], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    listen: Callable[..., Listener], own_certificate: ssl.SSLContext
) -> None:
    server = listen(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", own_certificate)
    with pytest.raises(NotSent) as refusal:
        send(f"https://127.0.0.1:{server.port}/", body=b"secret", timeout_seconds=2)
    assert refusal.value.parameters == {"reason": outgoing.NOT_TRUSTED}
    assert server.received == b""
