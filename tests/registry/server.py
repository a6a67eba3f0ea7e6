"""The real registry server, Debian's package docker-registry, on a free loopback port; it ends with the tests."""

import base64
import datetime
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import bcrypt
import httpx
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from jwcrypto import jwk, jwt

from portal.machine.children import die_with_parent
from portal.machine.private_redis import free_port

PATIENCE = 20.0  # seconds
USER, PASSWORD = "robot", "a-password-of-the-registry"
BINARY = "docker-registry"


def binary() -> str:
    """Return the binary; LookupError says what to install."""
    if found := shutil.which(BINARY):
        return found
    raise LookupError(
        "There is no docker-registry here. On Debian: apt-get install --no-install-recommends docker-registry"
    )


@contextmanager
def registry(folder: Path, auth: dict | None = None, port: int | None = None) -> Iterator[str]:
    """Yield "127.0.0.1:PORT" of an empty registry without TLS. `auth` is a part of its configuration file."""
    address = f"127.0.0.1:{port or free_port()}"
    config = {
        "version": "0.1",
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}},
        "http": {"addr": address},
        **({"auth": auth} if auth else {}),
    }
    file = folder / "config.yml"
    file.write_text(yaml.safe_dump(config))
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [binary(), "serve", str(file)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={},
            preexec_fn=die_with_parent(),
        )  # fmt: skip
    try:
        _wait(server, address, folder)
        yield address
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait(server: "subprocess.Popen[bytes]", address: str, folder: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            httpx.get(f"http://{address}/v2/", timeout=2, trust_env=False)
            return
        except httpx.HTTPError:
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the registry does not start: {(folder / 'log').read_text()}") from None
            time.sleep(0.05)  # between two calls; the deadline is above


def with_password(folder: Path) -> dict:
    """Return the configuration of HTTP Basic, as small registries use it."""
    line = f"{USER}:{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n"
    (folder / "htpasswd").write_text(line)
    return {"htpasswd": {"realm": "river", "path": str(folder / "htpasswd")}}


class TokenServer:
    """Issues tokens like Docker Hub and others: to everyone for public images, otherwise for a password."""

    def __init__(self, folder: Path, public: str) -> None:
        self.public, self.address = public, ""  # the address of the registry that sends clients here
        self.asked: list[tuple[str, str]] = []  # every (scope, Authorization)
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "river")])
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        self.certificate = builder.not_valid_after(now + datetime.timedelta(days=1)).sign(self.key, hashes.SHA256())
        (folder / "roots.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.configuration = {
            "token": {
                "realm": f"http://127.0.0.1:{self.port}/token?of=river", "service": "river", "issuer": "river",
                "rootcertbundle": str(folder / "roots.pem"),
            }
        }  # fmt: skip

    def token(self, scope: str, authorization: str) -> str | None:
        kind, repository, _ = scope.split(":")
        right = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if authorization not in ("", right):
            return None
        actions = ["pull", "push"] if authorization else ["pull"] if repository == self.public else []
        now = int(time.time())
        claims = {"iss": "river", "aud": "river", "sub": "", "exp": now + 300, "nbf": now - 10, "iat": now, "jti": "1",
                  "access": [{"type": kind, "name": repository, "actions": actions}]}  # fmt: skip
        der = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        signed = jwt.JWT(header={"alg": "RS256", "typ": "JWT", "x5c": [der]}, claims=claims)
        signed.make_signed_token(jwk.JWK.from_pyca(self.key))
        return signed.serialize()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        place = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                scope, authorization = query["scope"][0], self.headers.get("Authorization", "")
                place.asked.append((scope, authorization))
                token = place.token(scope, authorization)
                body = json.dumps({"token": token} if token else {"errors": []}).encode()
                self.send_response(200 if token else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None: ...

        return Handler

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
