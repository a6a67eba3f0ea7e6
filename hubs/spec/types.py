"""The scalar types of a spec, in the notation of JupyterHub and Kubernetes."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_address, ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, StringConstraints, ValidationInfo

from hubs.language import _, number
from hubs.spec.addresses import address
from hubs.spec.base import is_stored
from hubs.spec.secrets import REPLACED, is_secret

_BYTES = re.compile(r"(\d{1,18}(?:\.\d{1,12})?(?:[eE]\+?\d{1,2})?)(?:([KMGT])i?)?")
_FACTOR = {None: 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_QUANTITY = re.compile(r"(\d{1,18}(?:\.\d{1,12})?)(Ki|Mi|Gi|Ti|Pi|Ei|[kMGTPE]|[eE]\+?\d{1,2})?")
MIB = 1024**2


def memory_bytes(text: str) -> int:
    """Return the bytes of a JupyterHub ByteSpecification ("1.5G", "256M"; powers of 1024), of Kubernetes' notation
    ("256Mi"), or of a plain number of bytes. Raise ValueError if it is neither."""
    match = _BYTES.fullmatch(text)
    if not match:
        raise ValueError(_("Enter a size such as 512M or 2G."))
    return int(float(match[1]) * _FACTOR[match[2]])


def memory_text(size: int) -> str:
    """Return the shortest ByteSpecification of a number of bytes: 1073741824 -> "1G". It always has a unit, because
    JupyterHub accepts no text without one."""
    for letter in ("T", "G", "M", "K"):
        if size and size % _FACTOR[letter] == 0:
            return f"{size // _FACTOR[letter]}{letter}"
    return f"{Decimal(size) / 1024:f}K"


def _factor(unit: str | None) -> int:
    if not unit:
        return 1
    if unit.endswith("i"):
        return int(1024 ** ("KMGTPE".index(unit[0]) + 1))
    return int(1000 ** ("kMGTPE".index(unit) + 1) if len(unit) == 1 else 10 ** int(unit[1:]))


def storage_bytes(text: str) -> int:
    """Return the bytes of a Kubernetes quantity: "5Gi" (powers of 1024), "5G" (of 1000), "5e9" or "5000000000".
    Fractions of a byte are rounded up, as in Kubernetes. Raise ValueError if it is none."""
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise ValueError(_("Enter a size such as 5Gi."))
    return math.ceil(Decimal(match[1]) * _factor(match[2]))


def storage_mib(text: str) -> int:
    """Return the same in mebibytes, rounded up."""
    return -(-storage_bytes(text) // MIB)


def storage_text(mib: int) -> str:
    """Return the shortest Kubernetes quantity of a number of mebibytes: 5120 -> "5Gi"."""
    for unit, factor in (("Ti", 1024**2), ("Gi", 1024)):
        if mib and mib % factor == 0:
            return f"{mib // factor}{unit}"
    return f"{mib}Mi"


def _memory(text: str) -> str:
    size = memory_bytes(text)
    if size < 64 * MIB:
        raise ValueError(_("A notebook needs at least 64 MiB."))
    if size > 4 * 1024 * 1024 * MIB:
        raise ValueError(_("This is too large. The maximum is {size}.", size=f"{number(4096)} GiB"))
    # Normalise the notation (1024M is 1G), so that diffs don't show both. "1.8G" stays: it is no whole number of MiB.
    return memory_text(size) if size % MIB == 0 or text[-1] not in _FACTOR else text


def _storage(text: str) -> str:
    size = storage_bytes(text)
    if size < 64 * MIB:
        raise ValueError(_("A home directory needs at least 64 MiB."))
    if size > 1024 * 1024 * 100 * MIB:
        raise ValueError(_("This is too large. The maximum is {size}.", size=f"{number(100 * 1024)} GiB"))
    if size % MIB == 0:
        return storage_text(size // MIB)
    return text if text[-1].isalpha() else f"{Decimal(size) / 1024:f}Ki"


def _size_as_text(value: Any) -> Any:
    """Return a number, which means bytes in a file, as text; leave other values unchanged."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return str(int(value)) if is_number and 0 <= value < 10**18 else value


def _path(text: str) -> str:
    if not text.startswith("/") or text.startswith("//") or "\\" in text:
        raise ValueError(_("Enter a path that starts with one slash, such as /lab."))
    return text


def person(text: str) -> str:
    """Return an email address or portal user name, normalised for comparison. Raise ValueError if it is neither."""
    if "@" in text:
        return address(text)
    text = text.strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,149}", text):
        raise ValueError(_("“{text}” is neither an email address nor a user name.", text=text[:80]))
    return text


def _username(text: str) -> str:
    """Check as JupyterHub's `Authenticator.validate_username` does: with an invalid admin name, a hub doesn't start."""
    text = text.strip().lower()
    if "/" in text:
        raise ValueError(
            _("“{text}” contains a slash. JupyterHub does not allow slashes in user names.", text=text[:80])
        )
    if not re.fullmatch(r"[^\s,;<>\"\\\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+", text) or not text.strip(
        "."
    ):
        raise ValueError(_("“{text}” is not a valid user name.", text=text[:80]))
    return text


Memory = Annotated[
    str,
    BeforeValidator(_size_as_text),
    StringConstraints(strip_whitespace=True, max_length=32),
    AfterValidator(_memory),
]
Storage = Annotated[
    str,
    BeforeValidator(_size_as_text),
    StringConstraints(strip_whitespace=True, max_length=32),
    AfterValidator(_storage),
]
LONGEST_PATH = 200
UrlPath = Annotated[str, StringConstraints(max_length=LONGEST_PATH, pattern=r"^[!-~]*$"), AfterValidator(_path)]
Person = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(person)
]  # user names and addresses of the portal
Username = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(_username)
]  # user names of any sign-in method
# No control characters, which break headers, logs and terminals. Only Text allows line breaks.
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


def no_secrets(found: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    """Refuse secrets: everyone who sees the hub can read these values. REPLACED marks one stored elsewhere."""
    for name, text in found.items():
        if is_secret(name, text) and text != REPLACED and not is_stored(info):
            raise ValueError(
                _("{name} looks like a password or a key. Everyone who sees this hub could read it here.", name=name)
            )
    return found


EnvName = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
EnvValue = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00-\x08\x0a-\x1f\x7f]*$")]
Environment = Annotated[dict[EnvName, EnvValue], AfterValidator(no_secrets)]


_ENDING = r"[a-z]{2,63}|xn--[a-z0-9-]+"
# Ways to embed an IPv4 address in an IPv6 address: mapped, 6to4, NAT64, compatible.
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
    """Return where an address leads, without resolving its name: "public", "private" (a private network), or "never"
    (the machine itself, a cloud's metadata service, or no valid host)."""
    parts = urlsplit(text)
    host = (parts.hostname or "").rstrip(".").lower()
    if not host or parts.username or parts.password:
        return "never"
    try:
        address = ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        if host == "localhost" or host.endswith(".localhost") or re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
            return "never"  # numbers are read as addresses by some programs
        # No public name ends like these; the cluster's DNS would add its own suffix.
        of_its_own = last in ("local", "internal", "svc", "lan", "default") or not re.fullmatch(_ENDING, last)
        return "private" if "." not in host or of_its_own else "public"
    known = next((found for way in _INSIDE if (found := way(address))), address)
    if known.is_loopback or known.is_link_local or known.is_unspecified or known.is_multicast:
        return "never"
    return "public" if known.is_global else "private"


def _public_address(text: str) -> str:
    """Check that browsers anywhere can reach this https:// address."""
    if text and not text.startswith("https://"):
        raise ValueError(_("Enter an address that begins with https://"))
    if text and reach(text) != "public":
        raise ValueError(_("People’s browsers can’t reach this address. Enter a public one."))
    return text


PublicAddress = Annotated[
    str, StringConstraints(max_length=500, pattern=r"^[!#-;=?-\[\]_a-z~]*$"), AfterValidator(_public_address)
]


def _link(text: str) -> str:
    """Check a link that people can follow. http:// is allowed, because the portal sends nothing there."""
    _public_address(re.sub("^http://", "https://", text))
    return text


Link = Annotated[str, StringConstraints(max_length=500, pattern=r"^[!#-;=?-\[\]_a-z~]*$"), AfterValidator(_link)]


ANY = ("*",)  # any answer but an empty one


@dataclass(frozen=True, eq=False)  # its sentences are lazy: their hash would be that of a translation
class Words:
    """Label and help text of a field. They are defined beside the field, so that form, diff and docs are the same.
    Both are lazy sentences; `unit` is the same in every language.

    `limit` is the organisation limit of the field; `values` its path in Zero to JupyterHub's values, if it is not the
    field's own path; `needs` the capability that a cluster needs for it (hubs.spec.capabilities); `when` another
    field and its answers for which this field is shown (ANY: every answer); `composed` means that hubs.spec.composed
    writes it.
    """

    label: str
    help: str
    step: str
    unit: str = ""
    limit: str = ""
    values: str = ""
    needs: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    advanced: bool = False
    composed: bool = False
    when: tuple[str, tuple[str, ...]] | None = None
