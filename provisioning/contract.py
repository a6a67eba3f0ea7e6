"""The interface between `reconcile` and a runtime. Pure data and Protocols: no Django, no process, no cluster.

A hub is a short ordered list of *parts* (on one machine: files, proxy, hub; on Kubernetes: namespace, storage, ...).
`render` returns the desired parts, a runtime reports the observed ones, `decide` compares them, and the runtime applies
one part at a time. Suspended means "without its processes", retired means "no parts": there is no second code path.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hubs.clusters.rules import Applied as Applied  # types that pages read are defined where pages can import them
from hubs.clusters.rules import Finding as Finding
from hubs.clusters.rules import Planned as Planned
from hubs.images.rules import Contents
from hubs.spec.capabilities import Capabilities


def digest(payload: Any) -> str:
    """Return the digest of JSON-able data: 16 hex characters of SHA-256 over its canonical JSON."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Target:
    """A hub, as a runtime sees it. `uid` never changes and is never reused; `slug` is the hub's address."""

    uid: str
    slug: str
    url: str  # the hub's URL for browsers, with a trailing slash
    ports: Mapping[str, int] = field(default_factory=dict)  # local runtime: {"public", "api", "hub"}
    # In a cluster a hub can have a custom domain. It stays reachable at its first address.
    own_host: str = ""  # the verified custom domain; "" = none
    first_url: str = ""  # its URL before `url` became the custom domain; "" = `url` is the first one


@dataclass(frozen=True)
class Part:
    """One part of a hub that a runtime applies. The digest covers the payload: equal digests mean nothing to do."""

    name: str  # e.g. "proxy"
    title: str  # shown in the timeline, e.g. "Start the proxy"
    payload: Mapping[str, Any] = field(repr=False)  # can contain secrets: never printed

    @property
    def digest(self) -> str:
        """The digest of the entries' digests, so that a runtime can compute it from one digest per object."""
        return digest({key: digest(value) for key, value in self.payload.items()})


@dataclass(frozen=True)
class Release:
    """The desired state of a hub: its parts in the order in which they are applied. No parts: the hub must not exist.

    `revision` is what the running hub must report before it counts as Ready ("" if no hub process is desired).
    """

    target: Target
    parts: tuple[Part, ...]
    revision: str = ""


@dataclass(frozen=True)
class Seen:
    """One part as observed by a runtime."""

    digest: str  # of the payload that was applied
    ready: bool  # does it work now?
    reason: str = ""  # CamelCase, if not ready
    message: str = ""  # a sentence for teachers, if not ready
    failed: bool = False  # not ready, and waiting does not help: apply it again
    ending: bool = False  # is already being removed: `decide` waits for that


@dataclass(frozen=True)
class Server:
    """A person's running server, from the hub's API. Times are RFC 3339, as the hub returns them."""

    user: str
    name: str  # "" is the default server
    ready: bool
    started: str = ""
    last_activity: str = ""
    trouble: str = ""  # a sentence for teachers: why it does not start


@dataclass(frozen=True)
class Observed:
    """The observed state of a hub. Empty `parts` means that the hub was looked up and does not exist."""

    parts: Mapping[str, Seen] = field(default_factory=dict)
    revision: str = ""  # as reported by the hub; "" if it does not respond
    servers: tuple[Server, ...] | None = None  # None: the hub did not respond
    # Changes whenever the hub changes. Stored in the row, so that a fleet check finds hubs that changed.
    fingerprint: str = field(default="", compare=False)


class Runtime(Protocol):
    """Where hubs run. Every method is idempotent, safe to call again after a crash at any point, and returns within
    seconds: it starts and observes things, and never waits for them to become ready.

    All methods raise `Transient`, `Refused` or `Missing` and nothing else.
    """

    quiet: float  # seconds until the next pass over a hub that is up to date
    soon: float  # seconds between passes while something starts

    def observe(self, target: Target, wanted: tuple[Part, ...] = ()) -> Observed:
        """Return the observed state, changing nothing. Raise Transient if it can't be read (never return "empty" then).

        `wanted`: if given, the parts are compared with these, so that manual changes are detected, too.
        """

    def apply(self, target: Target, part: Part) -> None:
        """Create a part, or replace the existing one if the digest differs."""

    def drop(self, target: Target, name: str) -> None:
        """Remove a part. Removing a missing part is a success. People's files are archived, never deleted."""


class Fleet(Protocol):
    """All hubs of a cluster at once, with the same fingerprints as from `Runtime.observe`."""

    def uids(self) -> set[str]:
        """Return the uid of every hub of which objects exist."""

    def fingerprint(self, uid: str) -> str:
        """Return the same as Observed.fingerprint; "" for a hub without objects."""


class Watch(Protocol):
    """Wakes the hubs of one cluster when they change, until it is stopped."""

    def start(self) -> None:
        """Start in separate threads."""

    def stop(self) -> None:
        """Request the end, which follows within seconds, and return at once."""


class Watched(Protocol):
    """A runtime with the capability `watched`."""

    def fleet(self) -> Fleet:
        """Return all hubs as they are now. Raise Transient."""

    def watch(self, cluster: Any) -> Watch:
        """Return a watch that is not started yet."""


class Operations(Protocol):
    """Operations for pages, while a user waits: short timeouts, and no errors except the runtime's."""

    def logs(self, target: Target, name: str, lines: int) -> str:
        """Return the last log lines of the part "hub" or "proxy", without secrets; "" if it is not running."""

    def start_server(self, target: Target, user: str, server: str) -> None:
        """Start a person's server and return while it starts. Raise Missing for a person that the hub does not know,
        and Refused (reason jupyterhub.RUNS if it is already running)."""

    def stop_server(self, target: Target, user: str, server: str) -> None:
        """Stop a person's server. Raise Missing if it is not running."""

    def plan(self, release: Release) -> tuple[Planned, ...]:
        """Return what `apply` would do now, changing nothing. Raise Refused with the cluster's reason."""

    def objects(self, target: Target) -> tuple[Applied, ...]:
        """Return the applied objects in their current state."""


@dataclass(frozen=True)
class Probe:
    """An image to test. `uid` identifies the image in this portal's catalogue; it has one test at a time."""

    uid: str
    image: str  # name and tag
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)  # cluster: manifests; can contain passwords


@dataclass(frozen=True)
class Probed:
    """The result of an image test."""

    starts: bool
    trouble: str = ""  # a sentence for teachers, if it does not start
    contents: Contents = field(default_factory=Contents)
    digest: str = ""  # "sha256:…" from the registry, "" if unknown
    known: bool = True  # False: the image could not be tested, and `trouble` says why; it may still work


def unknown(trouble: str) -> Probed:
    """Return the result for an image that could not be tested: earlier results stay valid."""
    return Probed(False, trouble, known=False)


class Probes(Protocol):
    """Tests of images. Every method is idempotent, returns within seconds, and raises the runtime's errors."""

    def probe(self, wanted: Probe) -> Probed | None:
        """Start the test if it is not running. Return its result, or None while it runs. It ends within PROBE_SECONDS,
        whatever the image does."""

    def end_probe(self, uid: str) -> None:
        """Remove the test, running or not. Removing a missing one is a success."""

    def sweep_probes(self) -> int:
        """Remove tests that exceeded the maximum age because their worker was killed. Return their number."""


class Kind(Protocol):
    """A runtime's class: what is known without a connection, and how to connect. `hub` and `cluster` are rows of
    hubs.models. All differences between types of clusters are here; no other code names a type.
    """

    capabilities: Capabilities
    refused_again: float | None  # seconds until a refused change is retried; None: only after a change

    def for_cluster(self, cluster: Any, settings: Any) -> Runtime:
        """Connect. Raise Refused if the credentials can't be used."""

    def target(self, hub: Any, *, take: bool) -> Target:
        """Return the hub's target. `take`: reserve what it needs (ports) if it has none yet. Raise Refused."""

    def render(self, hub: Any, where: Target, keys: Mapping[str, str], sign_in: Any, wanted: Any) -> Release:
        """Return the desired state of the hub, from its rows. `sign_in` and `wanted`: see provisioning.render. Raise
        Refused."""

    def probe_of(self, uid: str, image: str, cluster: Any, pull: str) -> Probe:
        """Return the argument of `probe`. `pull`: a Docker configuration file for pulling the image, or ""."""

    def check(self, cluster: Any, settings: Any) -> Sequence[Finding]:
        """Check that the cluster has all that the portal needs. Problems are findings, not errors."""


PROBE_SECONDS = 900.0  # pulling a large image takes minutes; starting a server takes seconds

# The names of parts, in the order in which they are applied. All runtimes have the first three.
PARTS = FILES, PROXY, HUB, ADDRESS = "files", "proxy", "hub", "address"
