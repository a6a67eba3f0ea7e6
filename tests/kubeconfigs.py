"""Kubeconfigs as people have them, with certificates created here."""

import base64
import copy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOBODY = "https://127.0.0.1:1"  # nothing listens there


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@lru_cache
def certificate(days: int = 30, salt: int = 0) -> tuple[bytes, bytes]:
    """Return (certificate, key) in PEM; with negative days, the certificate has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"kubernetes {salt}")])
    end = datetime.now(UTC) + timedelta(days=days)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), end - timedelta(days=90), end
    )
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = key.private_bytes(serialization.Encoding.PEM, *plain)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), pem


def config(cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    """Return a kubeconfig with one cluster and one user with a token. Arguments replace keys; None removes a key."""
    server = {"server": NOBODY, "certificate-authority-data": b64(certificate()[0]), **(cluster or {})}
    person = {"token": "s3cret-token", **(user or {})}
    found = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "admin@teaching",
        "contexts": [{"name": "admin@teaching", "context": {"cluster": "teaching", "user": "admin"}}],
        "clusters": [{"name": "teaching", "cluster": {k: v for k, v in server.items() if v is not None}}],
        "users": [{"name": "admin", "user": {k: v for k, v in person.items() if v is not None}}],
        **top,
    }
    return copy.deepcopy({key: value for key, value in found.items() if value is not None})


def text(*args: Any, **kwargs: Any) -> str:
    return yaml.safe_dump(config(*args, **kwargs))
