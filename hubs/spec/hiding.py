"""Removal of secrets from typed text, so that no draft, page, audit line or export ever contains them. REPLACED takes
their place, and the hub inserts the secret again when it starts. Pure."""

from collections.abc import Iterator
from typing import Any

import yaml

from hubs.spec import yaml_text
from hubs.spec.draft import Draft
from hubs.spec.fields import FIELDS
from hubs.spec.followed import why_ignored
from hubs.spec.hub import HubSpec
from hubs.spec.profiles import as_values
from hubs.spec.secrets import REPLACED, is_secret, is_setting, is_the_portals, replaced, secrets_in
from hubs.spec.trees import Path, get

# Fields whose secrets a hub's own process fills in. (The portal itself creates the files in every server before that.)
# These are checked by their values, so only variables in them can be secrets:
CHOICES = "singleuser.profileList"
PIECES = ("singleuser.initContainers", "singleuser.extraContainers")
JUDGED = (CHOICES, *PIECES)
PLACES: dict[str, Path] = {
    "singleuser.extraEnv": ("singleuser", "extraEnv"),
    CHOICES: ("singleuser", "profileList"),
    **{name: tuple(name.split(".")) for name in PIECES},
    "more": (),
}


def hide(typed: Draft) -> tuple[Draft, dict[Path, str]]:
    """Return the texts without secrets, and the secrets by path in values. Text that can't be parsed is unchanged."""
    clean, found = dict(typed), {}
    for name in PLACES.keys() & typed.keys():
        if FIELDS[name].kind == "map":
            clean[name], hidden = _lines(PLACES[name], typed[name])
        else:
            clean[name], hidden = _yaml(PLACES[name], typed[name])
        found.update(hidden)
    return clean, found


def _lines(root: Path, text: str) -> tuple[str, dict[Path, str]]:
    lines, found = [], {}
    for line in text.splitlines(keepends=True):  # splits lines as readers of the field do
        [words] = line.splitlines()
        name, equals, value = (part.strip() for part in words.partition("="))
        if equals and name and value != REPLACED and is_secret(name, value):
            found[*root, name] = value
            line = f"{name}={REPLACED}{line[len(words) :]}"
        lines.append(line)
    return "".join(lines), found


def _yaml(root: Path, text: str) -> tuple[str, dict[Path, str]]:
    """Replace secrets in the text itself, so that comments and order stay."""
    try:
        tree = yaml_text.load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (ValueError, yaml.YAMLError, RecursionError):
        return text, {}
    found = {}
    cuts: list[tuple[int, int]] = []
    for path in secrets_in(tree):
        secret = get(tree, path)
        if secret == REPLACED or is_the_portals((*root, *path)):
            continue  # secrets that the portal creates are refused, never taken over
        if root in [PLACES[name] for name in JUDGED] and is_setting(path):
            continue  # refused, too
        if place := _place(node, path):
            cuts.append(place)
            found[*root, *path] = str(secret)
    for start, end in sorted(cuts, reverse=True):
        kept = "\n" if text[start:end].endswith("\n") else ""
        text = f"{text[:start]}{REPLACED}{kept}{text[end:]}"
    return text, found


def _place(node: Any, path: Path) -> tuple[int, int] | None:
    """Return where the text of this scalar begins and ends."""
    for name in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == name), None)
        elif isinstance(node, yaml.SequenceNode):
            node = node.value[int(name)]
    return (node.start_mark.index, node.end_mark.index) if isinstance(node, yaml.ScalarNode) else None


def hidden_in(spec: HubSpec) -> Iterator[tuple[str, Path]]:
    """Yield (field, path in values) of every place that has a hidden secret."""
    user = spec.singleuser
    values = {
        "singleuser.extraEnv": user.extraEnv,
        CHOICES: as_values(user.profileList),
        **{name: list(FIELDS[name].read(spec)) for name in PIECES},
        "more": spec.more,
    }
    for name, value in values.items():
        for path in replaced(value, PLACES[name]):
            ignored = is_the_portals(path) or (name == "more" and why_ignored(path))
            if not (ignored or (name in JUDGED and is_setting(path))):
                yield name, path
