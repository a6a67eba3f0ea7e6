"""Convert the observed state to conditions and one status word. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubs.language import _, plural
from provisioning.contract import ADDRESS, FILES, HUB, PROXY, Observed

Condition = dict[str, str]  # type, status ("True", "False", "Unknown"), reason, message, since

STALLED_AFTER = 5  # consecutive failures; retries continue, but the hub needs attention


@dataclass(frozen=True)
class View:
    """The result of one pass over a hub. `wanted`: "running", "suspended", "retired". `fault` is the error, if any."""

    wanted: str
    settled: bool  # was this generation applied before this pass?
    converged: bool
    observed: Observed | None  # None: it could not be observed
    waiting: str = ""
    reason: str = ""
    fault: str = ""
    refused: bool = False
    failures: int = 0
    paused: bool = False  # paused by staff


def summary(view: View, *, created: bool) -> str:
    """Return the status, as in hubs.models.Hub.Status. Never "ready" unless it was observed."""
    if view.refused or (view.failures >= STALLED_AFTER and view.observed is not None):
        return "stalled"
    if view.wanted == "retired":
        return "retired" if view.converged else "retiring"
    if view.converged:
        return "ready" if view.wanted == "running" else "suspended"
    if not view.settled:
        return "suspending" if view.wanted == "suspended" else "updating" if created else "creating"
    return "unknown" if view.observed is None else "repairing"


def _condition(kind: str, holds: bool | None, reason: str, message: str) -> Condition:
    return {"type": kind, "status": {True: "True", False: "False", None: "Unknown"}[holds], "reason": reason,
            "message": message}  # fmt: skip


def _ready(view: View) -> Condition:
    if view.observed is None:
        return _condition("Ready", None, view.reason or "CannotLook", view.fault or _("The hub’s status is not known."))
    if view.wanted == "suspended":
        return _condition("Ready", False, "Suspended", _("The hub is suspended. Everyone’s files are saved."))
    if view.wanted == "retired":
        return _condition("Ready", False, "Retired", _("The hub was retired."))
    if view.converged:
        return _condition("Ready", True, "Serving", _("The hub is ready."))
    return _condition("Ready", False, view.reason or "Working", view.fault or view.waiting or _("Work is in progress."))


def _part(name: str) -> tuple[str, str]:
    """Return the type of a part's condition, and its message while the part works."""
    known = {
        FILES: ("FilesReady", _("Storage is ready.")),
        PROXY: ("ProxyRunning", _("The proxy is running.")),
        HUB: ("HubRunning", _("The hub is running.")),
        ADDRESS: ("AddressSet", _("The address is set up.")),
    }
    return known.get(name) or (f"{name.title()}Ready", _("Ready."))


def _failing(view: View) -> str:
    why, times = view.fault or view.waiting, view.failures
    if why:
        return plural("Failed {count} time. Retrying. {why}", "Failed {count} times. Retrying. {why}", times, why=why)
    return plural("Failed {count} time. Retrying.", "Failed {count} times. Retrying.", times)


def conditions(view: View, before: Sequence[Mapping[str, Any]], now: str) -> list[Condition]:
    """Return all conditions, Ready last. `since` (RFC 3339) is when the status last changed."""
    reachable = view.observed is not None
    progress = (
        _("The hub is up to date.") if view.converged else view.waiting or view.fault or _("Work is in progress.")
    )
    found = [
        _condition("Reachable", reachable, "Answers" if reachable else view.reason or "CannotLook",
                   _("The cluster is responding.") if reachable else view.fault),
        _condition("UpToDate", view.converged, "Done" if view.converged else view.reason or "Working",
                   progress),
    ]  # fmt: skip
    for name, seen in (view.observed.parts if view.observed else {}).items():
        kind, good = _part(name)
        found.append(_condition(kind, seen.ready, seen.reason or "Ready", good if seen.ready else seen.message))
    if view.paused:
        found.append(_condition("Paused", True, "PausedByStaff", view.waiting))
    if view.refused:
        found.append(_condition("Stalled", True, view.reason, view.fault))
    elif view.failures >= STALLED_AFTER:
        found.append(_condition("Stalled", True, view.reason, _failing(view)))
    found.append(_ready(view))
    old = {c["type"]: c for c in before}
    for condition in found:
        last = old.get(condition["type"])
        same = last is not None and last["status"] == condition["status"]
        condition["since"] = last.get("since", now) if last is not None and same else now
    return found
