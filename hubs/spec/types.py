"""The scalar types of a spec, as JupyterHub and Kubernetes write them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints, ValidationInfo

from hubs.spec.base import is_stored
from hubs.spec.secrets import REPLACED, is_secret

_BYTES = re.compile(r"^(\d{1,15})(\.\d{1,3})?([KMGT])?$")
_FACTOR = {None: 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_QUANTITY = re.compile(r"^(\d{1,12})(Mi|Gi|Ti)$")
MIB = 1024**2


def memory_bytes(text: str) -> int:
    """Bytes of a JupyterHub ByteSpecification ("1G", "256M"; powers of 1024). Raises ValueError."""
    match = _BYTES.match(text)
    if not match:
        raise ValueError("Write a size such as 512M or 2G.")
    return int(float(match[1] + (match[2] or "")) * _FACTOR[match[3]])


def memory_text(size: int) -> str:
    """The shortest ByteSpecification of a number of bytes: 1073741824 -> "1G"."""
    for letter in ("T", "G", "M", "K"):
        if size and size % _FACTOR[letter] == 0:
            return f"{size // _FACTOR[letter]}{letter}"
    return str(size)


def storage_mib(text: str) -> int:
    """Mebibytes of a Kubernetes quantity ("5Gi"). Raises ValueError."""
    match = _QUANTITY.match(text)
    if not match:
        raise ValueError("Write a size such as 5Gi.")
    return int(match[1]) * {"Mi": 1, "Gi": 1024, "Ti": 1024**2}[match[2]]


def storage_text(mib: int) -> str:
    """The shortest Kubernetes quantity of a number of mebibytes: 5120 -> "5Gi"."""
    for unit, factor in (("Ti", 1024**2), ("Gi", 1024)):
        if mib and mib % factor == 0:
            return f"{mib // factor}{unit}"
    return f"{mib}Mi"


def _memory(text: str) -> str:
    size = memory_bytes(text)
    if size < 64 * MIB:
        raise ValueError("A notebook needs at least 64 MiB.")
    if size > 4 * 1024 * 1024 * MIB:
        raise ValueError("That is more memory than any machine has.")
    return memory_text(size // MIB * MIB)  # one spelling of one size: 1024M is 1G, so a diff never shows both


def _storage(text: str) -> str:
    mib = storage_mib(text)
    if mib < 64:
        raise ValueError("A home needs at least 64 MiB.")
    if mib > 1024 * 1024 * 100:
        raise ValueError("That is more than any disk.")
    return storage_text(mib)


def _path(text: str) -> str:
    if not text.startswith("/") or text.startswith("//") or "\\" in text:
        raise ValueError("Start with one slash, such as /lab.")
    return text


def _person(text: str) -> str:
    text = text.strip().lower()
    if "@" in text:
        if not re.fullmatch(r"[^@\s,;:<>\"'\\/]{1,64}@[a-z0-9.-]{1,180}\.[a-z0-9-]{2,60}", text):
            raise ValueError(f"“{text[:80]}” does not look like an e-mail address.")
    elif not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,149}", text):
        raise ValueError(f"“{text[:80]}” is neither an e-mail address nor a user name.")
    return text


Memory = Annotated[str, StringConstraints(max_length=20), AfterValidator(_memory)]
Storage = Annotated[str, StringConstraints(max_length=20), AfterValidator(_storage)]
UrlPath = Annotated[str, StringConstraints(max_length=200, pattern=r"^[!-~]*$"), AfterValidator(_path)]
Person = Annotated[str, StringConstraints(max_length=254), AfterValidator(_person)]
# No control characters: they break headers, logs and terminals. Line breaks only in Text.
Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$"
    ),
]
Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=4000,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]*$",
    ),
]


def _no_secrets(found: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    """Everybody who sees the hub reads them. Where a secret was taken out and kept, REPLACED stands."""
    for name, text in found.items():
        if is_secret(name, text) and text != REPLACED and not is_stored(info):
            raise ValueError(f"{name} looks like a password or a key, and everybody could read it here.")
    return found


EnvName = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
EnvValue = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$")]
Environment = Annotated[dict[EnvName, EnvValue], AfterValidator(_no_secrets)]


_ENDING = r"[a-z]{2,63}|xn--[a-z0-9-]+"
# An address of IPv4 inside one of IPv6, as gateways and systems read it: mapped, 6to4, compatible, NAT64.
_INSIDE: tuple[Callable[[Any], Any], ...] = (
    lambda address: getattr(address, "ipv4_mapped", None),
    lambda address: getattr(address, "sixtofour", None),
    lambda address: (
        ip_address(int(address) & 0xFFFFFFFF)
        if address in ip_network("64:ff9b::/96") or (address in ip_network("::/96") and int(address) > 0xFFFF)
        else None
    ),
)


def reach(text: str) -> str:
    """How far an address leads, by its looks: "public", "private" (a network of somebody's own), or "never": to the
    machine itself, to a cloud's metadata, or nowhere. What a name resolves to is not known here."""
    parts = urlsplit(text)
    host = (parts.hostname or "").rstrip(".").lower()
    if not host or parts.username or parts.password:
        return "never"
    try:
        address = ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        if host == "localhost" or host.endswith(".localhost") or re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
            return "never"  # the rest: numbers that some programs read as addresses
        # No name of the world ends like these: the cluster's name server would add its own ending.
        of_its_own = last in ("local", "internal", "svc", "lan", "default") or not re.fullmatch(_ENDING, last)
        return "private" if "." not in host or of_its_own else "public"
    known = next((found for way in _INSIDE if (found := way(address))), address)
    if known.is_loopback or known.is_link_local or known.is_unspecified or known.is_multicast:
        return "never"
    return "public" if known.is_global else "private"


def _public_address(text: str) -> str:
    """A web address that a browser fetches from anywhere."""
    if text and not text.startswith("https://"):
        raise ValueError("Write an address that begins with https://")
    if text and reach(text) != "public":
        raise ValueError("People’s browsers can’t reach this address.")
    return text


PublicAddress = Annotated[
    str, StringConstraints(max_length=500, pattern=r"^[!#-;=?-\[\]_a-z~]*$"), AfterValidator(_public_address)
]


ANY = ("*",)  # every answer but none


@dataclass(frozen=True)
class Words:
    """What people read about one field. It stands beside the field, so that form, diff and docs say the same.

    `limit` names the organisation's limit that bounds the field; `values` the Zero to JupyterHub path, when it is not
    the field's own; `local` what one machine makes of the field, when it can't honour it; `when` the field and the
    answers of it for which this one is asked, ANY for all; `composed` says that hubs.spec.composed writes it.
    """

    label: str
    help: str
    step: str
    unit: str = ""
    limit: str = ""
    values: str = ""
    local: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    advanced: bool = False
    composed: bool = False
    when: tuple[str, tuple[str, ...]] | None = None
