"""What pages show of a hub, computed from its row. No query (except `note_…`), no request."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from hubs.days.queries import moment
from hubs.language import _, calendar_day, lazy
from hubs.looks import HUB, RESUMING, TONE_ICONS, HubLook, Slice
from hubs.models import ChangeRequest, Hub, ProvisioningRun, User
from hubs.requests.rules import State
from hubs.roster.queries.entering import enterable

Status = Hub.Status
OVERDUE = timedelta(seconds=10)  # a running worker checks within one tick, which is two seconds
CONDITIONS: dict[str, str] = {
    "Reachable": lazy("Cluster"),
    "UpToDate": lazy("Up to date"),
    "FilesReady": lazy("Files"),
    "ProxyRunning": lazy("Proxy"),
    "HubRunning": lazy("Hub"),
    "AddressSet": lazy("Address"),
    "Paused": lazy("Repairs paused"),
    "Stalled": lazy("Needs attention"),
    "Ready": lazy("Ready"),
}


@dataclass(frozen=True)
class Condition:
    """A condition that holds, does not hold or is unknown. Tone and word are those of the status component."""

    type: str  # CamelCase, like `reason`
    title: str
    tone: str
    word: str
    message: str
    reason: str  # CamelCase, to quote in support requests
    since: str  # RFC 3339


@dataclass(frozen=True)
class Notice:
    """A notice at the top of the page."""

    tone: str
    title: str
    text: str
    again: datetime | None = None  # next retry

    @property
    def icon(self) -> str:
        return TONE_ICONS[self.tone]


def kept_different(hub: Any) -> bool:
    """Return whether staff paused repairs while the hub is in an unsettled state."""
    settled = (Status.READY, Status.SUSPENDED, Status.RETIRED, Status.UNKNOWN)
    return bool(getattr(hub, "paused_at", None)) and hub.status not in settled


def sentence(hub: Hub, now: datetime) -> str:
    if kept_different(hub):
        return _("The hub has a problem, and staff have paused repairs for now.")
    if hub.scheduled and hub.starts_on:
        day = calendar_day(hub.starts_on)
        return _("The hub is created on {day}. You can set people, limits and dates now.", day=day)
    if hub.status in (Status.RETIRING, Status.RETIRED) and hub.cluster.can.volumes:
        retiring = hub.status == Status.RETIRING
        down = _("The hub is being retired.") if retiring else _("The hub was retired.")
        return f"{down} {files_after(hub, now)}"
    return str(look(hub).meaning) if hub.status in HUB else ""


def files_after(hub: Hub, now: datetime) -> str:
    """Return what happens to people's volumes when the hub is retired, as a sentence."""
    until = hub.keep_files_until
    if until is None:
        return _("People’s files are deleted.") if hub.retired_at else _("People’s files are deleted with the hub.")
    if until <= now:
        return _("People’s archived files have been deleted.")
    day = calendar_day(until.date())
    return _("People’s files are kept until {day}. Staff can restore files until then.", day=day)


def note_resuming(hub: Hub) -> None:
    """Set `resuming` on a hub that starts again after it was suspended: its status is "updating", too. One query."""
    if hub.status == Status.UPDATING:
        stopped = any(row.get("reason") == "Suspended" for row in hub.conditions)  # no worker has seen it yet
        runs = hub.runs.filter(kind=ProvisioningRun.Kind.RESUME, result=ProvisioningRun.Result.RUNNING)
        hub.resuming = stopped or runs.exists()  # type: ignore[attr-defined]


def look(hub: Any) -> HubLook:
    """Return how the hub's status is shown."""
    return RESUMING if getattr(hub, "resuming", False) else HUB[hub.status]


def works(hub: Hub) -> bool:
    """Return whether the hub works, as far as is known."""
    return look(hub).works


def off(hub: Hub) -> bool:
    """Return whether the hub can have no servers: it does not run, or not yet."""
    waits = hub.scheduled or hub.status == Status.CREATING or look(hub) is RESUMING
    return waits or hub.desired_state != Hub.Desired.RUNNING


def openable(hub: Hub) -> bool:
    """Return whether the hub can be opened. Servers keep running during repairs and updates."""
    return bool(hub.url) and look(hub).opens


def note_open(user: User, hubs: Sequence[Hub], roles: Mapping[int, str] | None = None) -> None:
    """Set `opens` on each hub: whether this person gets an "Open" button. Two queries. `roles`: their roles by
    organisation, if already known."""
    may = enterable(user, hubs, roles)
    for hub in hubs:
        hub.opens = openable(hub) and hub.pk in may  # type: ignore[attr-defined]


def busy(hub: Hub) -> bool:
    return look(hub).busy or (not hub.scheduled and not hub.settled and hub.status != Status.STALLED)


def waits_for_worker(hub: Hub, now: datetime) -> bool:
    """Return whether the hub is overdue for a check and no worker holds it."""
    if hub.scheduled:
        return False
    held = hub.lease_until is not None and hub.lease_until > now
    return not held and hub.reconcile_after is not None and hub.reconcile_after < now - OVERDUE


def _condition(row: Mapping[str, str]) -> Condition:
    holds = row.get("status", "Unknown")
    bad_when = "True" if row.get("type") == "Stalled" else "False"
    tone, word = "good", _("yes")
    if holds == "Unknown":
        tone, word = "warning", _("unknown")
    elif holds == bad_when:
        tone, word = ("bad", _("yes")) if bad_when == "True" else ("neutral", _("not yet"))
    elif bad_when == "True":
        word = _("no")
    elif row.get("type") == "Paused":
        tone = "warning"
    kind = row.get("type", "")
    title = str(CONDITIONS.get(kind, kind))
    return Condition(kind, title, tone, word, row.get("message", ""), row.get("reason", ""), row.get("since", ""))


def conditions(hub: Hub) -> list[Condition]:
    """Return the hub's conditions, Ready first."""
    rows = sorted(hub.conditions, key=lambda row: row.get("type") != "Ready")
    return [_condition(as_it_is_now(row, hub)) for row in rows]


def as_it_is_now(row: Mapping[str, str], hub: Hub) -> Mapping[str, str]:
    """Return the condition, with UpToDate set to False for a change that no worker has seen yet."""
    if row.get("type") == "UpToDate" and row.get("status") == "True" and not hub.settled:
        return {
            **row,
            "status": "False",
            "reason": "Asked",
            "message": _("The last requested change has not been applied yet."),
        }
    return row


def fault(hub: Hub) -> str:
    """Return the message of the condition that explains the problem, or ""."""
    said = {row.get("type"): row for row in hub.conditions}
    for name in ("Stalled", "Ready"):
        row = said.get(name)
        if row and row.get("status") == ("True" if name == "Stalled" else "False") and row.get("message"):
            return str(row["message"])
    unknown = said.get("Ready", {})
    return str(unknown.get("message", "")) if unknown.get("status") == "Unknown" else ""


def notice(hub: Hub, now: datetime) -> Notice | None:
    """Return the most important notice for the page, or None."""
    if hub.retired_at:
        return None
    if waits_for_worker(hub, now):
        text = _("Your change is saved and will be applied when a worker is available. You don’t need to do anything.")
        if hub.settled:
            text = _("No worker has checked this hub recently. The hub stays as it is, and your changes are saved.")
        return Notice("warning", _("Waiting for a worker"), text)
    again = hub.reconcile_after if hub.failures and hub.reconcile_after and hub.reconcile_after > now else None
    if hub.status == Status.STALLED:
        what = ""
        if not hub.reconcile_after:
            what = _("The portal has stopped retrying. The cause must be corrected first.")
        return Notice("bad", _("This hub needs attention"), f"{fault(hub)} {what}".strip(), again)
    if hub.status == Status.UNKNOWN:
        return Notice("warning", _("The status of this hub is unknown"), fault(hub), again)
    if hub.failures:
        return Notice("warning", _("Retrying"), fault(hub), again)
    return None


def may_retry(hub: Hub) -> bool:
    """Return whether hub.services.hubs.retry would accept the hub."""
    return hub.retired_at is None and (hub.failures > 0 or hub.status in (Status.STALLED, Status.UNKNOWN))


def files_kept(hub: Hub, now: datetime) -> bool:
    """Return whether the hub is retired and people's files still exist."""
    return hub.is_retired and hub.keep_files_until is not None and hub.keep_files_until > now


def no_servers(hub: Hub) -> str:
    """Return why the servers of a hub that runs are not known, as a sentence."""
    return _("The hub’s servers could not be read.") if hub.observed_at else _("Not checked yet.")


OPEN_REQUESTS = {
    State.SUBMITTED: lazy("Needs review by staff."),
    State.RETURNED: lazy("Changes requested. It needs to be edited and sent again."),
    State.DRAFT: lazy("A draft that has not been sent."),
}


def note_standing(rows: Iterable[ChangeRequest]) -> list[ChangeRequest]:
    """Set `standing` on each open request: the sentence that the page of its hub shows."""
    found = list(rows)
    for row in found:
        row.standing = OPEN_REQUESTS[State(row.state)]  # type: ignore[attr-defined]
    return found


@dataclass(frozen=True)
class Servers:
    """Running servers. `known` is False if the hub could not be queried."""

    known: bool
    count: int
    shown: list[dict[str, Any]]
    trouble: str = ""  # why one of them can't start

    @property
    def first(self) -> list[dict[str, Any]]:
        return self.shown[:FEW]

    @property
    def folded(self) -> list[dict[str, Any]]:
        return self.shown[FEW:]


FEW = 5  # servers that are not folded
SHOWN = 50  # servers on a page; a hub of 900 people has as many


def servers(hub: Hub) -> Servers:
    """Return the servers, most recently active first."""
    if hub.servers is None:
        return Servers(False, 0, [])
    rows = sorted(hub.servers, key=lambda row: str(row.get("last_activity", "")), reverse=True)
    trouble = next((str(row["trouble"]) for row in rows if row.get("trouble")), "")
    return Servers(True, len(rows), rows[:SHOWN], trouble)


def people_working(hub: Hub) -> int | None:
    """Return how many people have a running server; None if the hub could not be queried."""
    return None if hub.servers is None else len({row.get("user") for row in hub.servers})


ACTIVE, PAUSING = timedelta(minutes=10), timedelta(hours=1)


def working(hub: Hub, now: datetime) -> list[Slice]:
    """Return how many people of the running servers are active, paused for a while, or idle; [] for unknown servers."""
    ages = [now - seen for row in hub.servers or [] if (seen := moment(row.get("last_activity")))]
    if not ages:
        return []
    active, paused = (sum(age <= most for age in ages) for most in (ACTIVE, PAUSING))
    return [
        Slice(_("Active in the last 10 minutes"), active, "strong"),
        Slice(_("Active in the last hour"), paused - active, "middle"),
        Slice(_("Idle for longer"), len(ages) - paused, "weak"),
    ]


def usual_seconds(times: Iterable[tuple[datetime, datetime | None]]) -> float | None:
    """Return the median duration; None if there is no finished one."""
    took: Sequence[float] = [(end - start).total_seconds() for start, end in times if end]
    return median(took) if took else None
