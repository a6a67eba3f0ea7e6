"""Secrets that one machine generates for itself, once, under var/. In production they come only from the environment:
a replica with its own keys could not read what other replicas wrote.

Called by settings.py, so it must not read settings.
"""

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

OIDC_FILE = "oidc.pem"
PEM = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----\n?", re.DOTALL)


def rsa_key() -> str:
    """Return a new RSA key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _once(path: Path, make: Callable[[], str]) -> str:
    """Return the secret in this file (mode 0600), which is created if it is missing. Safe for concurrent processes."""
    if not path.exists():
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(make())
            os.link(temporary, path)  # atomic, and only the first process succeeds
        except FileExistsError:
            pass
        finally:
            os.unlink(temporary)
    return path.read_text()


def encryption_keys(given: list[str], var: Path, production: bool) -> list[str]:
    """Return the Fernet keys for hubs' secrets, newest first: the given ones, else the one of this machine."""
    if given or production:
        return given
    return [_once(var / "encryption.key", lambda: Fernet.generate_key().decode())]


def oidc_keys(given: str, var: Path, production: bool) -> list[str]:
    """Return the RSA keys of the portal's OpenID provider as PEMs: the first signs ID tokens, and all are published.
    They are the given ones, else those of this machine.

    Environment files can't contain line breaks, so `\\n` is accepted instead.
    """
    text = given.replace("\\n", "\n")
    if not (given or production):
        text = _once(var / OIDC_FILE, rsa_key)
    return PEM.findall(text) or [text]


def replace(path: Path, text: str) -> None:
    """Replace a secret file (mode 0600) atomically. Raise OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(temporary, path)
