"""Detect secrets, by parts of their names and by their values, and those that the portal creates itself and accepts
from no one else. Pure.

Secrets appear in no page, file, log line or audit record. A false positive costs one more field; a false negative is
visible to everyone who sees the hub, so in doubt, a text is a secret.
"""

import re
from collections.abc import Iterator
from typing import Any

from hubs.language import lazy
from hubs.spec.trees import Path, get

REPLACED = "to-be-replaced"  # placeholder for a secret in a file

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Anywhere in a name, also without separator as in PGPASSWORD.
_ALWAYS = re.compile(r"(?i)passw(or)?d|passphrase|secret|credential|apikey|(?<![a-z])pwd|pwd$")
_SINGLE = frozenset(["pass", "passwd", "pat", "pwd", "token", "tokens", "dsn"])
_BEFORE_KEY = frozenset(
    "api access account admin app auth client consumer cookie crypt crypto encryption license master private root "
    "secret service shared sign signing storage webhook".split()
)
# Last words of names that are about a secret, but not one: token_url, AWS_ACCESS_KEY_ID, secretName, password_field.
_ABOUT = frozenset(
    "algorithm algorithms arn check class claim count dir enabled endpoint expires expiry field file format header "
    "helper id ids length lifetime limit mode name names path policy prefix ref required scope scopes timeout ttl type "
    "uri url urls".split()
)
_HOW_MANY = frozenset(["max", "min", "num", "context"])  # MAX_TOKENS of a language model
_NAMES = {("pull", "secrets"), ("existing", "secret")}  # Kubernetes' Secrets by their names
_SWITCHES = frozenset(["true", "false", "yes", "no", "on", "off", "none", "null", "0", "1"])
_PASSWORD = re.compile(r"(?i)passw(or)?d$|passphrase$|(?<![a-z])pass$|pwd$")
_MOST_COUNTED = 999  # larger numbers with such a name are no counts
_CONSUMERS = frozenset(["consumers", "consumer_keys", "lti_consumers"])  # {LTI 1.1 consumer key: its secret}

# Each alternative can start in few positions and match in one way, so that the time is linear in the length: texts have
# up to 256 KiB, and a running pattern blocks the whole process. tests/test_hidden_secrets.py measures it.
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

SECRET_HERE = lazy("This looks like a secret. Everyone who sees this hub could read it here.")
NO_SECRET_HERE = lazy("Staff can’t review a secret here. Write the value out, or use an environment variable.")
PORTALS = lazy("The portal creates this secret for each hub and accepts no other. Remove it.")

# Sections of values with full control over a hub. The portal sets them and accepts no others: with the cookie secret or
# proxy token of a hub, anyone is its admin.
# In `hub.config`, including the base classes of these and of JupyterHub, because their settings are inherited.
OURS = (
    "ConfigurableHTTPProxy", "CryptKeeper", "Proxy", "Application", "PortalAuthenticator", "Configurable",
    "LoggingConfigurable", "SingletonConfigurable", "MultipleInstanceConfigurable", "HasTraits",
)  # fmt: skip
# Settings of `hub.config.JupyterHub` that people can change; the others are about addresses and control of the hub.
THEIRS = ("authenticator_class", "admin_access", "default_url", "logout_redirect_url", "load_groups")
OUR_SERVICES = ("portal", "jupyterhub-idle-culler")
_PORTALS: tuple[Path, ...] = (
    *(("hub", "config", name) for name in OURS), *(("hub", "services", name) for name in OUR_SERVICES),
    *(("hub", "loadRoles", name) for name in OUR_SERVICES), ("hub", "cookieSecret"), ("hub", "db"),
    ("hub", "existingSecret"), ("hub", "extraConfig"), ("proxy",), ("auth", "state"), ("imagePullSecret",),
)  # fmt: skip


def names_secret(name: str) -> bool:
    """Whether a text with this name has to be a secret."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _ABOUT or tuple(words[-2:]) in _NAMES:
        return False
    if words[-1] == "tokens" and _HOW_MANY & set(words):
        return False
    if _ALWAYS.search(name) or _SINGLE & set(words):
        return True
    return len(words) > 1 and words[-1] in ("key", "keys") and words[-2] in _BEFORE_KEY


def holds_secret(text: str) -> bool:
    """Whether this text looks like a secret or contains one, regardless of its name."""
    return _VALUES.search(text) is not None


def is_secret(name: str, value: Any) -> bool:
    """Whether a value is a secret, by name or value. Numbers (except passwords), booleans and null are none."""
    if isinstance(value, int) and value > _MOST_COUNTED:
        return names_secret(name) and _PASSWORD.search(name) is not None
    if not isinstance(value, str) or value == "":
        return False
    return (names_secret(name) and value.lower() not in _SWITCHES) or holds_secret(value)


def secrets_in(tree: Any, at: Path = ()) -> list[Path]:
    """Return the paths of all secret texts, in order, at any depth. An index in a list is a number."""
    return list(_secrets(tree, at))


def complaints(tree: Any) -> Iterator[tuple[Path, str]]:
    """Yield (path, sentence) of every secret in plain text, in order."""
    for path in secrets_in(tree):
        if get(tree, path) != REPLACED:
            yield path, str(PORTALS if is_the_portals(path) else SECRET_HERE)


def _secrets(value: Any, at: Path, name: str = "") -> Iterator[Path]:
    """Yield paths of secrets. `name` applies to texts without a name of their own, such as entries of a list."""
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
    """Whether a text at this path is a setting. Secrets can't be reviewed, so they may be only values of variables, or
    have a name that says that they are secrets."""
    named = next((name for name in reversed(path) if not name.isdigit()), "")
    variable = path[-2:-1] in (("extraEnv",), ("environment",)) or (path[-1:] == ("value",) and "env" in path[:-1])
    return not (variable or names_secret(named) or (path[-2:-1] and path[-2] in _CONSUMERS))


def replaced(tree: Any, at: Path = ()) -> Iterator[Path]:
    """Yield every path at which REPLACED stands for a secret, in order."""
    if isinstance(tree, dict):
        for name, below in tree.items():
            yield from replaced(below, (*at, str(name)))
    elif isinstance(tree, list):
        for number, below in enumerate(tree):
            yield from replaced(below, (*at, str(number)))
    elif tree == REPLACED:
        yield at


def has_a_place(path: Path) -> bool:
    """Whether a secret may be added at this path of values without a placeholder: only for sign-in and services, and
    only by its name. Anywhere else, a hidden text would configure the hub."""
    if len(path) < 4 or path[:2] not in (("hub", "config"), ("hub", "services")) or is_the_portals(path):
        return False
    return names_secret(path[-1]) or path[-2] in _CONSUMERS


def is_the_portals(path: Path) -> bool:
    """Whether the portal sets this path of values for each hub, with its own secrets, and accepts no other value."""
    if path[:3] == ("hub", "config", "JupyterHub") and len(path) > 3:
        return path[3] not in THEIRS
    return any(path[: len(root)] == root for root in _PORTALS)
