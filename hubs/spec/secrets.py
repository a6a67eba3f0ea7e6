"""Which values are secrets: by parts of their names, as people and programs write them, and by the values themselves.
And which secrets the portal makes itself, so that nobody brings one of their own. Pure.

A secret goes into no page, file, log line or audit record. A false alarm costs a person one more field; a secret that
is missed is read by everybody who sees the hub, so in doubt a text is a secret.
"""

import re
from collections.abc import Iterator
from typing import Any

from hubs.spec.trees import Path, get

REPLACED = "to-be-replaced"  # what stands in a file where a secret belongs

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Anywhere in a name, also grown together as in PGPASSWORD.
_ALWAYS = re.compile(r"(?i)passw(or)?d|passphrase|secret|credential|apikey|(?<![a-z])pwd|pwd$")
_SINGLE = frozenset(["pass", "passwd", "pat", "pwd", "token", "tokens", "dsn"])
_BEFORE_KEY = frozenset(
    "api access account admin app auth client consumer cookie crypt crypto encryption license master private root "
    "secret service shared sign signing storage webhook".split()
)
# What such a name says of a secret, without being one: token_url, AWS_ACCESS_KEY_ID, secretName, password_field.
_ABOUT = frozenset(
    "algorithm algorithms arn check class claim count dir enabled endpoint expires expiry field file format header "
    "helper id ids length lifetime limit mode name names path policy prefix ref required scope scopes timeout ttl type "
    "uri url urls".split()
)
_HOW_MANY = frozenset(["max", "min", "num", "context"])  # MAX_TOKENS of a language model
_NAMES = {("pull", "secrets"), ("existing", "secret")}  # Kubernetes' Secrets by their names
_SWITCHES = frozenset(["true", "false", "yes", "no", "on", "off", "none", "null", "0", "1"])
_PASSWORD = re.compile(r"(?i)passw(or)?d$|passphrase$|(?<![a-z])pass$|pwd$")
_MOST_COUNTED = 999  # larger numbers beside such a name count nothing
_CONSUMERS = frozenset(["consumers", "consumer_keys", "lti_consumers"])  # {LTI 1.1 consumer key: its secret}

# Each alternative begins at few places and reads on in one way, so that the time grows with the text and not with its
# square: people send 256 KiB, and while a pattern runs the whole process waits. tests/test_hidden_secrets.py measures.
_VALUES = re.compile(
    r"""
      -----BEGIN\ [A-Z0-9 ]*PRIVATE\ KEY
    | (?<=[a-z0-9+.-])://[^\s/:@]*:[^\s/@]+@                 # a password in an address
    | \b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,})
    | \b(?:hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|dckr_pat_[\w-]{20,}|sk-[\w-]{20,}|AIza[\w-]{30,})
    | (?<=[\w-]{10})\.eyJ[\w-]{10,}\.[\w-]+                 # a signed token (RFC 7519)
    | (?i:\b(?:AccountKey|SharedAccessKey|SharedAccessSignature|Pwd|Password)\s*=\s*[^\s;{$]+)
    | (?i:\bpass(?:word)?\s*:\s*[^\s{$]{6,})
    | (?i:(?<![\w-])(?:\w|-(?!-))*--[\w-]*(?:password|token|secret|api-?key)[=\s]\s*[^\s{$-]\S*)  # an argument
    | (?i:^(?:Bearer|Basic)\s+[\w+/=.-]{8,}$)
    | (?i:\A[0-9a-f]{64}\Z)                                  # as openssl rand -hex 32 makes keys
    """,
    re.VERBOSE,
)

SECRET_HERE = "This looks like a secret, and everybody who sees this hub could read it."  # noqa: S105
NO_SECRET_HERE = "No secret can stand here: nobody could read it before it counts. Write it out, or use a variable."  # noqa: S105
PORTALS = "The portal makes this secret for each hub, and takes nobody else’s."

# Sections of values that decide whom a hub obeys. The portal makes what belongs there and takes nobody else's: whoever
# knows a hub's cookie secret or proxy token is its admin.
# Of `hub.config`, with the classes that these and JupyterHub itself are made of: what is said of a parent counts, too.
OURS = (
    "ConfigurableHTTPProxy", "CryptKeeper", "Proxy", "Application", "PortalAuthenticator", "Configurable",
    "LoggingConfigurable", "SingletonConfigurable", "MultipleInstanceConfigurable", "HasTraits",
)  # fmt: skip
# Of `hub.config.JupyterHub`, what people may say; the rest of it is where the hub lives and whom it obeys.
THEIRS = ("authenticator_class", "admin_access", "default_url", "logout_redirect_url", "load_groups")
OUR_SERVICES = ("portal", "jupyterhub-idle-culler")
_PORTALS: tuple[Path, ...] = (
    *(("hub", "config", name) for name in OURS), *(("hub", "services", name) for name in OUR_SERVICES),
    *(("hub", "loadRoles", name) for name in OUR_SERVICES), ("hub", "cookieSecret"), ("hub", "db"),
    ("hub", "existingSecret"), ("hub", "extraConfig"), ("proxy",), ("auth", "state"), ("imagePullSecret",),
)  # fmt: skip


def names_secret(name: str) -> bool:
    """Does a text of this name have to be a secret?"""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _ABOUT or tuple(words[-2:]) in _NAMES:
        return False
    if words[-1] == "tokens" and _HOW_MANY & set(words):
        return False
    if _ALWAYS.search(name) or _SINGLE & set(words):
        return True
    return len(words) > 1 and words[-1] in ("key", "keys") and words[-2] in _BEFORE_KEY


def holds_secret(text: str) -> bool:
    """Does this text look like a secret, or have one inside, whatever its name is?"""
    return _VALUES.search(text) is not None


def is_secret(name: str, value: Any) -> bool:
    """By its name or by itself. A number, a truth or nothing is no secret, but for a password in digits."""
    if isinstance(value, int) and value > _MOST_COUNTED:
        return names_secret(name) and _PASSWORD.search(name) is not None
    if not isinstance(value, str) or value == "":
        return False
    return (names_secret(name) and value.lower() not in _SWITCHES) or holds_secret(value)


def secrets_in(tree: Any, at: Path = ()) -> list[Path]:
    """Paths of all secret texts, in order, at any depth. A place in a list is its number."""
    return list(_secrets(tree, at))


def complaints(tree: Any) -> Iterator[tuple[Path, str]]:
    """(path, sentence) of every secret that stands here in clear, in order."""
    for path in secrets_in(tree):
        if get(tree, path) != REPLACED:
            yield path, PORTALS if is_the_portals(path) else SECRET_HERE


def _secrets(value: Any, at: Path, name: str = "") -> Iterator[Path]:
    """`name` is what a text below is called when it has no name of its own: an entry of a list."""
    if isinstance(value, dict):
        pair = value.get("name") if {"name", "value"} <= value.keys() else None
        for key, below in value.items():
            called = str(key)
            if called == "value" and isinstance(pair, str):  # a container's `env` is a list of these
                called = pair
            elif (name in _CONSUMERS and isinstance(below, str)) or (name, key) == ("CryptKeeper", "keys"):
                called = "secret"
            yield from _secrets(below, (*at, str(key)), called)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _secrets(below, (*at, str(number)), name)
    elif is_secret(name, value):
        yield at


def is_setting(path: Path) -> bool:
    """Does a text at this place decide something? A secret is read by nobody before it counts, so it may be the value
    of a variable, or stand where its name says that a secret belongs."""
    named = next((name for name in reversed(path) if not name.isdigit()), "")
    variable = path[-2:-1] in (("extraEnv",), ("environment",)) or (path[-1:] == ("value",) and "env" in path[:-1])
    return not (variable or names_secret(named) or (path[-2:-1] and path[-2] in _CONSUMERS))


def replaced(tree: Any, at: Path = ()) -> Iterator[Path]:
    """Every place where REPLACED stands for a secret, in order."""
    if isinstance(tree, dict):
        for name, below in tree.items():
            yield from replaced(below, (*at, str(name)))
    elif isinstance(tree, list):
        for number, below in enumerate(tree):
            yield from replaced(below, (*at, str(number)))
    elif tree == REPLACED:
        yield at


def has_a_place(path: Path) -> bool:
    """Does a secret belong at this path of values although nothing shows a place for it? Only where sign-in and
    services have theirs, and only by its name: anywhere else a text that nobody sees would configure the hub."""
    if len(path) < 4 or path[:2] not in (("hub", "config"), ("hub", "services")) or is_the_portals(path):
        return False
    return names_secret(path[-1]) or path[-2] in _CONSUMERS


def is_the_portals(path: Path) -> bool:
    """Is this a place of values that the portal fills for each hub, with secrets of its own, and takes from nobody?"""
    if path[:3] == ("hub", "config", "JupyterHub") and len(path) > 3:
        return path[3] not in THEIRS
    return any(path[: len(root)] == root for root in _PORTALS)
