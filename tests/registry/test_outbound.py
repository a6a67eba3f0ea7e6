"""The addresses that the portal may call, and that it calls no others: not by a name, a redirect, or a later lookup."""

import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hubs.outbound import Allowed, Forbidden, OutboundClient, Unanswered
from hubs.outbound.address_policy import is_public, judge

NOTHING = Allowed()


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
        "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "169.254.0.1", "172.16.0.1",
        "172.31.255.255", "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254", "::7f00:1", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1",
        "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "fc00::1",
        "fd00:ec2::254", "fd12:3456::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "fd20:ce::254",
    ],
)  # fmt: skip
def test_addresses_outside_the_public_internet_are_refused(address):
    assert not is_public(ip_address(address))
    for port in (80, 443):
        with pytest.raises(Forbidden, match="private network"):
            judge("evil.example", port, [address], NOTHING)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "128.0.0.1", "172.15.255.255",
     "172.32.0.1", "191.255.255.255", "192.0.1.1", "192.167.255.255", "192.169.0.1", "198.17.255.255", "198.20.0.1",
     "223.255.255.255", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1", "2400:cb00::1"],
)  # fmt: skip
def test_addresses_of_the_public_internet_are_allowed(address):
    assert is_public(ip_address(address))
    assert judge("good.example", 443, [address], NOTHING) == [ip_address(address)]


@pytest.mark.parametrize("port", [1, 22, 25, 81, 3306, 5000, 6379, 8443, 65535])
def test_only_the_usual_ports_are_allowed(port):
    with pytest.raises(Forbidden, match=f"port {port}"):
        judge("good.example", port, ["8.8.8.8"], NOTHING)
    assert judge("good.example", port, ["8.8.8.8"], Allowed.read([f"good.example:{port}"]))


def test_one_bad_address_among_good_ones_is_enough():
    with pytest.raises(Forbidden):
        judge("both.example", 443, ["8.8.8.8", "10.0.0.1"], NOTHING)


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "works"),
    [
        ("registry.lan", "registry.lan", 443, "10.0.0.5", True),
        ("registry.lan", "registry.lan", 5000, "10.0.0.5", False),
        ("registry.lan:5000", "registry.lan", 5000, "10.0.0.5", True),
        ("registry.lan:5000", "registry.lan", 443, "10.0.0.5", False),
        ("registry.lan", "other.lan", 443, "10.0.0.5", False),
        ("registry.lan", "registry.lan", 443, "127.0.0.1", True),
        ("REGISTRY.lan", "registry.lan", 443, "fd12::5", True),
        ("registry.lan", "registry.lan", 443, "169.254.169.254", False),  # allowed or not, there are no images
        ("registry.lan", "registry.lan", 443, "0.0.0.0", False),
        ("registry.lan", "registry.lan", 443, "::ffff:169.254.169.254", False),
        ("10.0.0.0/8", "any.example", 443, "10.9.9.9", True),
        ("10.0.0.0/8", "any.example", 5000, "10.9.9.9", False),
        ("10.0.0.0/8:5000", "any.example", 5000, "10.9.9.9", True),
        ("10.0.0.0/8", "any.example", 443, "11.9.9.9", True),  # public anyway
        ("10.0.0.0/8", "any.example", 443, "192.168.0.1", False),
        ("10.0.0.0/8", "any.example", 443, "::ffff:10.0.0.1", False),
        ("169.254.0.0/16", "any.example", 443, "169.254.169.254", False),
        ("0.0.0.0/0", "any.example", 443, "169.254.169.254", False),
        ("fd00::/8", "any.example", 443, "fd12::1", True),
        ("fd00::/8", "any.example", 443, "fd00:ec2::254", False),
        ("64:ff9b::/96", "any.example", 443, "64:ff9b::808:808", True),
        ("64:ff9b::/96", "any.example", 443, "64:ff9b::a9fe:a9fe", False),
        ("[fd12::1]:5000", "fd12::1", 5000, "fd12::1", True),
        ("http://registry.lan:5000", "registry.lan", 5000, "10.0.0.5", True),
    ],
)
def test_addresses_that_staff_allow(entry, host, port, address, works):
    allowed = Allowed.read([entry])
    if works:
        assert judge(host, port, [address], allowed) == [ip_address(address)]
    else:
        with pytest.raises(Forbidden):
            judge(host, port, [address], allowed)


@pytest.mark.parametrize("entry", ["a b", "registry.lan:", "registry.lan:0x50", "registry.lan:70000", "10.0.0.1/8", "http://",
                                   "[fd00::1", "registry.lan/path", "-x", "ftp://x", "*.lan", "user@lan"])  # fmt: skip
def test_an_invalid_entry_is_named(entry):
    if entry == "registry.lan:":  # no port is fine
        assert Allowed.read([entry]) == Allowed.read(["registry.lan"])
        return
    with pytest.raises(ValueError) as caught:
        Allowed.read([entry])
    assert str(caught.value) == entry


def test_without_tls_only_where_staff_allow_it():
    door = OutboundClient(Allowed.read(["http://registry.lan:5000", "other.lan:5000"]))
    assert (door.scheme("registry.lan", 5000), door.scheme("other.lan", 5000), door.scheme("any.example")) == (
        "http", "https", "https",
    )  # fmt: skip
    with door.question() as ask, pytest.raises(Forbidden, match="over https"):
        ask.get("http://other.lan:5000/")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://x/", "ftp://x/", "//x/", "x", "", "https://", "https:///x", "http://a b/",
     "https://user:pw@x/", "https://user@x/", "https://x\\@y/", "https://x\n/", "https://x:99999/", "https://[::1/",
     "https://exa\tmple.org/"],
)  # fmt: skip
def test_an_invalid_address_is_never_called(url):
    def resolver(host, port):
        raise AssertionError("nothing is resolved")

    with OutboundClient(NOTHING, resolver).question() as ask, pytest.raises(Forbidden):
        ask.get(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "0", "0.0.0.0",
             "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_every_spelling_of_this_machine_is_refused(host):
    with OutboundClient(NOTHING).question() as ask, pytest.raises((Forbidden, Unanswered)) as caught:
        ask.get(f"https://{host}/")
    assert isinstance(caught.value, Forbidden) or "could not reach" in caught.value.message


class Place:
    """A web server that records its clients and answers as told: `answers[path] = (status, headers, body)`."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str, str]] = []  # (path, Host, Authorization)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        place = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place.came.append((self.path, self.headers["Host"], self.headers.get("Authorization", "")))
                status, headers, body = place.answers.get(self.path, (200, {}, b"here"))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def here(host: str, port: int):
    return ["127.0.0.1"]


def test_a_redirect_to_this_machine_is_refused():
    """The first hop is allowed by name; the second is the same server by its number."""
    with Place() as place:
        place.answers["/away"] = (302, {"Location": f"http://127.0.0.1:{place.port}/secret"}, b"")
        place.answers["/back"] = (307, {"Location": "/here"}, b"")
        allowed = Allowed.read([f"http://good.example:{place.port}"])
        with OutboundClient(allowed, here).question() as ask:
            assert ask.get(f"http://good.example:{place.port}/back").body == b"here"
            with pytest.raises(Forbidden):
                ask.get(f"http://good.example:{place.port}/away")
            with pytest.raises(Forbidden):
                ask.get(f"http://good.example:{place.port}/away", plain_http=True)
        assert [path for path, _, _ in place.came] == ["/back", "/here", "/away", "/away"], "the secret was not read"


def test_a_name_with_changing_addresses_is_checked_again_and_looked_up_once():
    """DNS rebinding: public at the check, this machine at the connection. One lookup; the connection uses its
    result."""
    asked = []

    def turncoat(host, port):
        asked.append(host)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    with Place() as place:
        # 192.0.2.0/24 is reserved (RFC 5737): allowed here, it stands for the public internet
        allowed = Allowed.read([f"192.0.2.0/24:{place.port}"])
        url = f"http://turncoat.example:{place.port}/"
        with OutboundClient(allowed, turncoat).question(0.5) as ask, pytest.raises(Unanswered):
            ask.get(url, plain_http=True)
        assert asked == ["turncoat.example"], "one lookup per connection"
        with OutboundClient(allowed, turncoat).question() as ask, pytest.raises(Forbidden):
            ask.get(url, plain_http=True)
        assert place.came == []


def test_a_redirect_to_the_same_name_is_looked_up_and_checked_again():
    answers = iter(["127.0.0.1", "10.0.0.1"])
    with Place() as place:
        place.answers["/"] = (
            302,
            {"Location": f"http://turncoat.example:{place.port}/next", "Connection": "close"},
            b"",
        )
        door = OutboundClient(Allowed.read([f"http://127.0.0.1:{place.port}", f"127.0.0.1/32:{place.port}"]),
                    lambda host, port: [next(answers)])  # fmt: skip
        with door.question() as ask, pytest.raises(Forbidden, match="private network"):
            ask.get(f"http://turncoat.example:{place.port}/", plain_http=True)
        assert [path for path, _, _ in place.came] == ["/"]


def test_the_connection_uses_the_checked_address_and_the_host_keeps_its_name():
    with Place() as place:
        with OutboundClient(Allowed.read([f"http://good.example:{place.port}"]), here).question() as ask:
            answer = ask.get(f"http://good.example:{place.port}/x?y=1#z")
        assert place.came == [("/x?y=1", f"good.example:{place.port}", "")]
        assert (answer.status, answer.body) == (200, b"here")


def test_an_authorization_stays_with_its_host():
    with Place() as place, Place() as other:
        place.answers["/cdn"] = (307, {"Location": f"http://other.example:{other.port}/blob"}, b"")
        place.answers["/own"] = (307, {"Location": "/blob"}, b"")
        other.answers["/blob"] = (307, {"Location": f"http://good.example:{place.port}/last"}, b"")
        allowed = Allowed.read([f"http://good.example:{place.port}", f"http://other.example:{other.port}"])
        with OutboundClient(allowed, here).question() as ask:
            for path in ("/own", "/cdn"):
                ask.get(f"http://good.example:{place.port}{path}", headers={"Authorization": "Basic x"})
        assert [a for _, _, a in place.came] == ["Basic x", "Basic x", "Basic x", ""]
        assert [a for _, _, a in other.came] == [""]


def test_the_number_of_redirects_is_limited():
    with Place() as place:
        place.answers["/"] = (302, {"Location": "/"}, b"")
        door = OutboundClient(Allowed.read([f"http://good.example:{place.port}"]), here)
        with door.question() as ask, pytest.raises(Unanswered, match="redirects too many times"):
            ask.get(f"http://good.example:{place.port}/")
        assert len(place.came) == 4


def test_a_large_answer_is_not_read_completely():
    with Place() as place:
        place.answers["/"] = (200, {}, b"x" * (1024 * 1024 + 1))
        place.answers["/fits"] = (200, {}, b"x" * 1024 * 1024)
        with OutboundClient(Allowed.read([f"http://good.example:{place.port}"]), here).question() as ask:
            assert len(ask.get(f"http://good.example:{place.port}/fits").body) == 1024 * 1024
            with pytest.raises(Unanswered, match="is too long"):
                ask.get(f"http://good.example:{place.port}/")


def test_a_dripping_answer_ends_with_the_call():
    """Each byte comes in time, the whole answer never."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port, over = server.getsockname()[1], threading.Event()

        def drip():
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                try:
                    while not over.wait(0.05):
                        connection.sendall(b"a")
                except OSError:
                    pass

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        door = OutboundClient(Allowed.read([f"http://slow.example:{port}"]), here)
        with door.question(0.6) as ask, pytest.raises(Unanswered, match="in time"):
            ask.get(f"http://slow.example:{port}/")
        assert time.monotonic() - began < 3
        over.set()
        thread.join(5)


def test_a_hanging_resolver_ends_with_the_call():
    over = threading.Event()

    def hang(host, port):
        over.wait(10)
        return ["127.0.0.1"]

    with OutboundClient(NOTHING, hang).question(0.3) as ask, pytest.raises(Unanswered, match="in time"):
        ask.get("https://slow.example/")
    over.set()


def test_an_unknown_host():
    def nobody(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    with (
        OutboundClient(NOTHING, nobody).question() as ask,
        pytest.raises(Unanswered, match=r"The portal could not reach nobody\.example\."),
    ):
        ask.get("https://nobody.example/")


def certificate(folder, name):
    """Return (file with key and certificate, a client that trusts only it)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (folder / "both.pem").write_bytes(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "both.pem", ssl.create_default_context(cadata=pem.decode())


def test_over_tls_the_certificates_name_is_checked(tmp_path):
    file, trusting = certificate(tmp_path, "good.example")
    with Place() as place:
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(file)
        place.server.socket = serving.wrap_socket(place.server.socket, server_side=True)
        allowed = Allowed.read([f"good.example:{place.port}", f"evil.example:{place.port}"])
        with OutboundClient(allowed, here, lambda: trusting).question() as ask:
            assert ask.get(f"https://good.example:{place.port}/").body == b"here"
        for door, host in (
            (OutboundClient(allowed, here, lambda: trusting), "evil.example"),
            (OutboundClient(allowed, here), "good.example"),
        ):
            with door.question() as ask, pytest.raises(Unanswered, match="does not trust the certificate"):
                ask.get(f"https://{host}:{place.port}/", headers={"Authorization": "Basic x"})
        assert [host for _, host, _ in place.came] == [f"good.example:{place.port}"], (
            "an unknown server receives nothing"
        )


def test_a_plain_server_where_tls_is_required():
    with Place() as place, OutboundClient(Allowed.read([f"good.example:{place.port}"]), here).question() as ask:
        with pytest.raises(Unanswered, match=r"certificate|does not answer"):
            ask.get(f"https://good.example:{place.port}/")
        assert place.came == []
