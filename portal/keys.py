"""Secrets that one machine makes for itself, once, under var/. In production they come from the environment, or not
at all: a replica that made its own could not read what the others wrote.

Called by settings.py, so it may not read settings.
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
    """A new RSA key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _once(path: Path, make: Callable[[], str]) -> str:
    """The secret in this file (mode 0600), made first if there is none. Several processes agree on one."""
    if not path.exists():
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(make())
            os.link(temporary, path)  # whole or not at all, and only the first one wins
        except FileExistsError:
            pass
        finally:
            os.unlink(temporary)
    return path.read_text()


def encryption_keys(given: list[str], var: Path, production: bool) -> list[str]:
    """Fernet keys for secrets of hubs, newest first: the given ones, else the one of this machine."""
    if given or production:
        return given
    return [_once(var / "encryption.key", lambda: Fernet.generate_key().decode())]


def oidc_keys(given: str, var: Path, production: bool) -> list[str]:
    """PEMs of the RSA keys of the portal's sign-in for hubs: the first signs ID tokens, and all are published. The
    given ones, else those of this machine.

    An environment file can't hold line breaks, so `\\n` may stand for them.
    """
    text = given.replace("\\n", "\n")
    if not (given or production):
        text = _once(var / OIDC_FILE, rsa_key)
    return PEM.findall(text) or [text]


def replace(path: Path, text: str) -> None:
    """Write a secret file (mode 0600) whole or not at all. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(temporary, path)
