"""What a page says about a hub: from the row to words. Pure: no query, no request."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from hubs.days.queries import day_text
from hubs.looks import HUB, TONE_ICONS
from hubs.models import ChangeRequest, Hub, User
from hubs.requests.rules import State
from hubs.roster.queries.entering import enterable

Status = Hub.Status
OVERDUE = timedelta(seconds=10)  # a worker that is there looks within one tick, which is two seconds
CONDITIONS: dict[str, str] = {
    "Reachable": "The place where it lives",
    "UpToDate": "As it was asked for",
    "FilesReady": "Files",
    "ProxyRunning": "Proxy",
    "HubRunning": "Hub",
    "AddressSet": "Address",
    "Paused": "Kept as it is by staff",
    "Stalled": "Needs somebody to look",
    "Ready": "People can work",
}


@dataclass(frozen=True)
class Condition:
    """One thing that is so, is not so, or that nobody knows. Tone and word as the status component has them."""

    title: str
    tone: str
    word: str
    message: str
    reason: str  # CamelCase, for whoever asks for help
    since: str  # RFC 3339


@dataclass(frozen=True)
class Notice:
    """A box on top of the page."""

    tone: str
    title: str
    text: str
    again: datetime | None = None  # when we try again

    @property
    def icon(self) -> str:
        return TONE_ICONS[self.tone]


def kept_different(hub: Any) -> bool:
    """Whether staff paused its repair while it is not as it should be."""
    settled = (Status.READY, Status.SUSPENDED, Status.RETIRED, Status.UNKNOWN)
    return bool(getattr(hub, "paused_at", None)) and hub.status not in settled


def sentence(hub: Hub, now: datetime) -> str:
    if kept_different(hub):
        return "It is not as it should be, and staff keep it so for now."
    if hub.scheduled and hub.starts_on:
        return f"It is created on {day_text(hub.starts_on)}. People, limits and dates can be set before."
    if hub.status in (Status.RETIRING, Status.RETIRED) and hub.cluster.can.volumes:
        down = "It is being taken down." if hub.status == Status.RETIRING else "It was taken down for good."
        return f"{down} {files_after(hub, now)}"
    return HUB[hub.status].meaning if hub.status in HUB else ""


def files_after(hub: Hub, now: datetime) -> str:
    """What becomes of people's volumes when a hub is retired."""
    until = hub.keep_files_until
    if until is None:
        return "People’s files are deleted." if hub.retired_at else "People’s files are deleted with it."
    if until <= now:
        return "People’s files were kept for a while, and are deleted."
    return f"People’s files are kept until {until:%-d %b %Y}: until then staff can get something back."


def works(hub: Hub) -> bool:
    """Would whoever opens it now find it working, as far as we know?"""
    return HUB[hub.status].works


def openable(hub: Hub) -> bool:
    """Is there something to open? While it is mended or changed people's servers go on."""
    return bool(hub.url) and HUB[hub.status].opens


def note_open(user: User, hubs: Sequence[Hub], roles: Mapping[int, str] | None = None) -> None:
    """Say of each row of a list whether this person gets an "Open" button. Two queries. `roles`: theirs by
    organisation, where they are known already."""
    may = enterable(user, hubs, roles)
    for hub in hubs:
        hub.opens = openable(hub) and hub.pk in may  # type: ignore[attr-defined]


def busy(hub: Hub) -> bool:
    return HUB[hub.status].busy or (not hub.scheduled and not hub.settled and hub.status != Status.STALLED)


def waits_for_worker(hub: Hub, now: datetime) -> bool:
    """Is it due for longer than any worker would need, and does nobody work on it?"""
    if hub.scheduled:
        return False
    held = hub.lease_until is not None and hub.lease_until > now
    return not held and hub.reconcile_after is not None and hub.reconcile_after < now - OVERDUE


def _condition(row: Mapping[str, str]) -> Condition:
    holds = row.get("status", "Unknown")
    bad_when = "True" if row.get("type") == "Stalled" else "False"
    tone, word = "good", "yes"
    if holds == "Unknown":
        tone, word = "warning", "not known"
    elif holds == bad_when:
        tone, word = ("bad", "yes") if bad_when == "True" else ("neutral", "not yet")
    elif bad_when == "True":
        word = "no"
    elif row.get("type") == "Paused":
        tone = "warning"
    title = CONDITIONS.get(row.get("type", ""), row.get("type", ""))
    return Condition(title, tone, word, row.get("message", ""), row.get("reason", ""), row.get("since", ""))


def conditions(hub: Hub) -> list[Condition]:
    """Ready first: it is what people ask for."""
    rows = sorted(hub.conditions, key=lambda row: row.get("type") != "Ready")
    return [_condition(as_it_is_now(row, hub)) for row in rows]


def as_it_is_now(row: Mapping[str, str], hub: Hub) -> Mapping[str, str]:
    """A click is never followed by "it is as it was asked for", though nobody has looked since."""
    if row.get("type") == "UpToDate" and row.get("status") == "True" and not hub.settled:
        return {**row, "status": "False", "reason": "Asked", "message": "What was asked for last is not done yet."}
    return row


def fault(hub: Hub) -> str:
    """The reason why it is not as it should be, in the words of whoever found it; "" when there is none."""
    said = {row.get("type"): row for row in hub.conditions}
    for name in ("Stalled", "Ready"):
        row = said.get(name)
        if row and row.get("status") == ("True" if name == "Stalled" else "False") and row.get("message"):
            return str(row["message"])
    unknown = said.get("Ready", {})
    return str(unknown.get("message", "")) if unknown.get("status") == "Unknown" else ""


def notice(hub: Hub, now: datetime) -> Notice | None:
    """What somebody who opens the page should know first, if anything."""
    if hub.retired_at:
        return None
    if waits_for_worker(hub, now):
        text = "What was asked for is saved. It starts as soon as a worker answers; you need not do anything."
        if hub.settled:
            text = "No worker has looked at this hub lately. It stays as it is, and what you change is saved."
        return Notice("warning", "Waiting for a worker", text)
    again = hub.reconcile_after if hub.failures and hub.reconcile_after and hub.reconcile_after > now else None
    if hub.status == Status.STALLED:
        what = "" if hub.reconcile_after else "We stopped trying: something has to be changed first."
        return Notice("bad", "This hub needs somebody to look", f"{fault(hub)} {what}".strip(), again)
    if hub.status == Status.UNKNOWN:
        return Notice("warning", "We can’t see this hub", fault(hub), again)
    if hub.failures:
        return Notice("warning", "That did not work yet", fault(hub), again)
    return None


def may_retry(hub: Hub) -> bool:
    """As hub.services.hubs.retry has it."""
    return hub.retired_at is None and (hub.failures > 0 or hub.status in (Status.STALLED, Status.UNKNOWN))


def files_kept(hub: Hub, now: datetime) -> bool:
    """Whether it is retired and people's files are still there."""
    return hub.is_retired and hub.keep_files_until is not None and hub.keep_files_until > now


def no_servers(hub: Hub) -> str:
    """Why nobody knows of a server."""
    if hub.desired_state == Hub.Desired.SUSPENDED:
        return "None: the hub is suspended."
    if hub.scheduled:
        return "None yet: the hub is created on its first day."
    if hub.status == Status.CREATING:
        return "None yet: the hub is being made."
    return "The hub could not be asked." if hub.observed_at else "Nobody has looked yet."


def turn(row: ChangeRequest, user: User) -> str:
    """Whose turn it is with a request that waits, said to `user`, who is staff."""
    if row.is_returned:
        return "requester"
    return "a colleague" if row.requester_id == user.pk else "yours"


OPEN_REQUESTS = {
    State.SUBMITTED: "Waits for staff.",
    State.RETURNED: "Staff asked for something. It waits for the requester.",
    State.DRAFT: "A draft that was not sent yet.",
}


def note_standing(rows: Iterable[ChangeRequest]) -> list[ChangeRequest]:
    """Add to each open request what the page of its hub says of it, as `standing`."""
    found = list(rows)
    for row in found:
        row.standing = OPEN_REQUESTS[State(row.state)]  # type: ignore[attr-defined]
    return found


@dataclass(frozen=True)
class Servers:
    """Servers that run now. `known` is False when the hub could not be asked."""

    known: bool
    count: int
    shown: list[dict[str, Any]]
    trouble: str = ""  # why one of them does not start


SHOWN = 50  # servers on a page; a hub of 900 people has as many


def servers(hub: Hub) -> Servers:
    """The ones that were busy last come first."""
    if hub.servers is None:
        return Servers(False, 0, [])
    rows = sorted(hub.servers, key=lambda row: str(row.get("last_activity", "")), reverse=True)
    trouble = next((str(row["trouble"]) for row in rows if row.get("trouble")), "")
    return Servers(True, len(rows), rows[:SHOWN], trouble)


def usual_seconds(times: Iterable[tuple[datetime, datetime | None]]) -> float | None:
    """The median of what took so long; None when nothing of the kind was ever done."""
    took: Sequence[float] = [(end - start).total_seconds() for start, end in times if end]
    return median(took) if took else None
