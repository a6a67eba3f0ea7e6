"""What `reconcile` and a runtime say to each other. Pure data and one Protocol: no Django, no process, no cluster.

A hub is a short ordered list of *parts* (on one machine: files, proxy, hub; on Kubernetes: namespace, storage, ...).
`render` makes the parts that are wanted, a runtime tells which it sees, `decide` names the difference, and the runtime
makes one part so at a time. Suspend is "wanted without its processes", retire is "nothing wanted": no second path.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hubs.clusters.rules import Applied as Applied  # what pages read is defined where pages may import it
from hubs.clusters.rules import Finding as Finding
from hubs.clusters.rules import Planned as Planned
from hubs.images.rules import Contents
from hubs.spec.capabilities import Capabilities


def digest(payload: Any) -> str:
    """Content address of JSON-able data: 16 hex characters of SHA-256 over its canonical JSON."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Target:
    """Which hub, for a runtime. `uid` never changes and is never used twice; `slug` is the hub's address."""

    uid: str
    slug: str
    url: str  # where browsers find the hub, with a slash at the end
    ports: Mapping[str, int] = field(default_factory=dict)  # local runtime: {"public", "api", "hub"}
    # In a cluster a hub may have a name of its organisation's. It goes on being found at its first address.
    own_host: str = ""  # proven; "" = none
    first_url: str = ""  # where it was before `url` became the own name; "" = `url` is the first one


@dataclass(frozen=True)
class Part:
    """One thing that a runtime makes so. The digest covers the payload: equal digests mean nothing to do."""

    name: str  # e.g. "proxy"
    title: str  # what the timeline says, e.g. "Start the proxy"
    payload: Mapping[str, Any] = field(repr=False)  # may hold secrets: never printed

    @property
    def digest(self) -> str:
        """Made of its entries' digests: a runtime that keeps one digest an object can tell it without the payload."""
        return digest({key: digest(value) for key, value in self.payload.items()})


@dataclass(frozen=True)
class Release:
    """Everything that is wanted of one hub now, in the order in which it is made. No parts = nothing is wanted.

    `revision` is what the running hub must report before it counts as Ready ("" while no hub process is wanted).
    """

    target: Target
    parts: tuple[Part, ...]
    revision: str = ""


@dataclass(frozen=True)
class Seen:
    """One part as a runtime sees it."""

    digest: str  # of the payload it was made from
    ready: bool  # does it do its work now?
    reason: str = ""  # CamelCase, when not ready
    message: str = ""  # a sentence a teacher understands, when not ready
    failed: bool = False  # not ready, and waiting alone will not help: make it again
    ending: bool = False  # is being taken away already: `decide` waits for that instead of asking twice


@dataclass(frozen=True)
class Server:
    """A person's server that runs now, from the hub's own API. Times are RFC 3339 as the hub gives them."""

    user: str
    name: str  # "" is the default server
    ready: bool
    started: str = ""
    last_activity: str = ""
    trouble: str = ""  # a sentence a teacher understands: why it does not start


@dataclass(frozen=True)
class Observed:
    """What a runtime sees of one hub. An empty `parts` means: looked, and there is nothing."""

    parts: Mapping[str, Seen] = field(default_factory=dict)
    revision: str = ""  # what the answering hub says it runs; "" when it does not answer
    servers: tuple[Server, ...] | None = None  # None: the hub could not be asked
    # Changes whenever anything about the hub does. Kept in the row, so that a fleet check sees who needs a look.
    fingerprint: str = field(default="", compare=False)


class Runtime(Protocol):
    """Where hubs live. Every method is idempotent, safe to call again after a crash at any point, and returns within
    seconds: it starts things and looks at things, and never waits for them to become ready.

    All methods raise `Transient`, `Refused` or `Missing` and nothing else.
    """

    quiet: float  # seconds until the next look at a hub that is as it should be
    soon: float  # seconds between looks while something starts

    def observe(self, target: Target, wanted: tuple[Part, ...] = ()) -> Observed:
        """Look at the hub, change nothing. Raises Transient when it cannot look (and never answers "empty" then).

        `wanted`, when given, is what the parts are compared with: what was edited by hand is then seen too.
        """

    def apply(self, target: Target, part: Part) -> None:
        """Make one part so, replacing what stands in its place when the digest differs."""

    def drop(self, target: Target, name: str) -> None:
        """Take one part away. Dropping what is not there is success. People's files are archived, never deleted."""


class Fleet(Protocol):
    """All hubs of a cluster at once, as `Runtime.observe` would fingerprint them."""

    def uids(self) -> set[str]:
        """Every hub of which something is there."""

    def fingerprint(self, uid: str) -> str:
        """As Observed.fingerprint; "" for a hub of which there is nothing."""


class Watch(Protocol):
    """Wakes the hubs of one cluster that something happened to, until it is stopped."""

    def start(self) -> None:
        """Begin, in threads of its own."""

    def stop(self) -> None:
        """End within a few seconds, without waiting for it."""


class Watched(Protocol):
    """A runtime with the capability `watched`."""

    def fleet(self) -> Fleet:
        """All hubs as they are now. Raises Transient."""

    def watch(self, cluster: Any) -> Watch:
        """Not started yet."""


class Operations(Protocol):
    """What a page asks of a runtime while somebody waits: short deadlines, the runtime's errors and nothing else."""

    def logs(self, target: Target, name: str, lines: int) -> str:
        """The last lines of the part "hub" or "proxy", without secrets; "" when it does not run."""

    def start_server(self, target: Target, user: str, server: str) -> None:
        """Start one person's server, and return while it starts. Raises Missing for whom the hub does not know, and
        Refused, with the reason hub.RUNS when it runs already."""

    def stop_server(self, target: Target, user: str, server: str) -> None:
        """Stop one person's server. Raises Missing when it does not run."""

    def plan(self, release: Release) -> tuple[Planned, ...]:
        """What `apply` would do now, changing nothing. Raises Refused with the words of whoever would refuse."""

    def objects(self, target: Target) -> tuple[Applied, ...]:
        """What was applied last, as it is now."""


@dataclass(frozen=True)
class Probe:
    """An image that is to be looked into. `uid` is of this image in this portal's catalogue: there is one at a time."""

    uid: str
    image: str  # name and tag
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)  # cluster: manifests; may hold passwords


@dataclass(frozen=True)
class Probed:
    """What came of it."""

    starts: bool
    trouble: str = ""  # a sentence a teacher understands, when it does not start
    contents: Contents = field(default_factory=Contents)
    digest: str = ""  # "sha256:…" as the registry said it, "" when it is not known
    known: bool = True  # False: the image could not be looked at, and `trouble` says why; it may start all the same


def unknown(trouble: str) -> Probed:
    """The image could not be looked at: what was known of it still counts."""
    return Probed(False, trouble, known=False)


class Probes(Protocol):
    """Looking into images. Every method is idempotent, returns within seconds, and raises the runtime's errors."""

    def probe(self, wanted: Probe) -> Probed | None:
        """Start to look where nobody does yet; what was found, None while it still runs. The end comes within
        PROBE_SECONDS, whatever the image does."""

    def end_probe(self, uid: str) -> None:
        """Take away what is left of it, running or not. Ending what is not there is success."""

    def sweep_probes(self) -> int:
        """End those that are older than any can be: their worker was killed. How many there were."""


class Kind(Protocol):
    """A runtime's class: what is known before anybody connects to a place, and how to connect. `hub` and `cluster` are
    rows of hubs.models. Whatever differs from one kind of place to another is asked here, and nowhere is a kind named.
    """

    capabilities: Capabilities
    refused_again: float | None  # seconds until what was refused is tried again; None: when somebody changes something

    def for_cluster(self, cluster: Any, settings: Any) -> Runtime:
        """Connect. Raises Refused for credentials that can't be used."""

    def target(self, hub: Any, *, take: bool) -> Target:
        """The hub's address; `take`: with what it needs for it (ports), taken where it has none yet. Raises Refused."""

    def render(self, hub: Any, where: Target, keys: Mapping[str, str], sign_in: Any, wanted: Any) -> Release:
        """Everything that is wanted of the hub, from its rows. `sign_in` and `wanted`: provisioning.render. Raises
        Refused."""

    def probe_of(self, uid: str, image: str, cluster: Any, pull: str) -> Probe:
        """What is asked of `probe`. `pull`: Docker's configuration file to fetch the image with, or ""."""

    def check(self, cluster: Any, settings: Any) -> Sequence[Finding]:
        """Ask the cluster for all that the portal needs. What is wrong with it is a finding, and no error."""


PROBE_SECONDS = 900.0  # fetching a large image takes minutes; a server that starts takes seconds

# The part names, in the order in which they are made. The first three are every runtime's.
PARTS = FILES, PROXY, HUB, ADDRESS = "files", "proxy", "hub", "address"
