"""Find references to Secrets and ConfigMaps of the namespace in a configuration, in the format of Kubernetes or
KubeSpawner, at any depth. Pure.

A hub's own Secrets contain its keys: its cookie secret, its token for the portal, the registry passwords of its
organisation. No user-defined configuration may read them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hubs.spec.trees import Path

# Secrets and ConfigMaps that the portal creates in a hub's namespace; tests/runtimes/test_render_kubernetes.py
# compares.
PORTALS = frozenset(["hub", "proxy", "image-pull", "hub-tls", "hub-own-tls", "kube-root-ca.crt"])
HUB_DISK = "hub-db-dir"  # the volume claim of the hub's database: write access makes you its admin
_REFERENCES = ("secretkeyref", "configmapkeyref", "secretref", "configmapref")
_VOLUMES = frozenset(["secret", "configmap"])
_NAMES = ("name", "secretName", "secret_name")
_ACCOUNTS = frozenset(["serviceaccount", "serviceaccountname", "serviceaccounttoken"])


@dataclass(frozen=True)
class Read:
    """One reference. `name` is "" if it is not set, or not text."""

    path: Path
    name: str

    @property
    def is_the_portals(self) -> bool:
        """Whether it is an object of the portal; yes if in doubt."""
        in_doubt = not self.name or "{" in self.name
        return in_doubt or self.name in (*PORTALS, HUB_DISK) or self.name.startswith("sh.helm.release")


def _plain(key: str) -> str:
    return key.replace("_", "").lower()


def _name(value: Any) -> str:
    if isinstance(value, str):
        return value
    found = next((value[key] for key in _NAMES if key in value), "") if isinstance(value, dict) else ""
    return found if isinstance(found, str) else ""


def reads(tree: Any, at: Path = ()) -> Iterator[Read]:
    """Yield every reference in this tree."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            here, plain = (*at, str(key)), _plain(str(key))
            is_volume = plain in _VOLUMES and isinstance(value, dict) and any(name in value for name in _NAMES)
            if plain.endswith(_REFERENCES) or is_volume:
                yield Read(here, _name(value))
            elif plain == "claimname" and value == HUB_DISK:
                yield Read(here, HUB_DISK)
            elif plain in _ACCOUNTS:
                yield Read(here, "hub")  # an account's token gives access to the API server
            else:
                yield from reads(value, here)
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from reads(value, (*at, str(number)))
