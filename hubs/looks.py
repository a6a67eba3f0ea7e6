"""The label, icon, tone and meaning of every status: one table per vocabulary, one typed row per status. Pure.

Templates render these rows. They never compare a status with a string
(tests/project/test_no_states_in_templates.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hubs.language import lazy

TONE_ICONS = {
    "neutral": "dot",
    "working": "spinner",
    "good": "check-circle",
    "warning": "alert",
    "bad": "x-circle",
    "off": "pause",
}


@dataclass(frozen=True)
class Look:
    """A tone (a key of TONE_ICONS), an icon and a label."""

    tone: str
    icon: str
    word: str


@dataclass(frozen=True)
class HubLook(Look):
    """A hub's status. `busy`: a worker is applying a change. `opens`: the hub's address can be opened. `works`: the hub
    answered when it was last checked."""

    meaning: str
    busy: bool = False
    opens: bool = False
    works: bool = False


HUB: dict[str, HubLook] = {
    "scheduled": HubLook(
        "neutral",
        "calendar",
        lazy("Scheduled"),
        lazy("The hub is created on its first day. You can set people, limits and dates before then."),
    ),
    "creating": HubLook(
        "working",
        "spinner",
        lazy("Creating"),
        lazy("The hub is being created. You can leave this page."),
        busy=True,
    ),
    "ready": HubLook(
        "good",
        "check-circle",
        lazy("Ready"),
        lazy("The hub is running: people can sign in and start servers."),
        opens=True,
        works=True,
    ),
    "updating": HubLook(
        "working",
        "spinner",
        lazy("Updating"),
        lazy("Your change is being applied. Running servers continue in the meantime."),
        busy=True,
        opens=True,
        works=True,
    ),
    "suspending": HubLook(
        "working",
        "spinner",
        lazy("Suspending"),
        lazy("The hub is being stopped. No files are deleted."),
        busy=True,
    ),
    "suspended": HubLook(
        "off",
        "pause",
        lazy("Suspended"),
        lazy("The hub is stopped, and people can’t sign in. No files were deleted."),
    ),
    "repairing": HubLook(
        "working",
        "spinner",
        lazy("Repairing"),
        lazy("Part of the hub stopped unexpectedly. It is being restored."),
        busy=True,
        opens=True,
    ),
    "stalled": HubLook(
        "bad",
        "x-circle",
        lazy("Stalled"),
        lazy("The hub is not in its expected state, and retrying has not helped so far."),
        opens=True,
    ),
    "unknown": HubLook(
        "warning",
        "alert",
        lazy("Unknown"),
        lazy("The portal can’t check the hub at the moment. The hub may still be working."),
        opens=True,
    ),
    "retiring": HubLook(
        "working",
        "spinner",
        lazy("Retiring"),
        lazy("The hub is being removed. People’s files are moved to the archive."),
        busy=True,
    ),
    "retired": HubLook(
        "off",
        "stop",
        lazy("Retired"),
        lazy("The hub was removed permanently. People’s files are in the archive."),
    ),
}
RESUMING = HubLook(  # a hub that is updating, after it was suspended; not a status of its own
    "working",
    "spinner",
    lazy("Resuming"),
    lazy("The hub is starting again. People can sign in when it is ready."),
    busy=True,
)
PAUSED = Look("warning", "pause", lazy("Repairs paused"))  # and not in its expected state; not a status of its own
REQUEST: dict[str, Look] = {
    "draft": Look("neutral", "edit", lazy("Draft")),
    "submitted": Look("neutral", "clock", lazy("Sent")),
    "returned": Look("warning", "undo", lazy("Changes requested")),
    "approved": Look("good", "check-circle", lazy("Approved")),
    "rejected": Look("bad", "x-circle", lazy("Rejected")),
    "withdrawn": Look("off", "stop", lazy("Withdrawn")),
    "superseded": Look("off", "stop", lazy("Superseded")),
}
DISCARDED = Look("off", "stop", lazy("Discarded"))  # a request that was withdrawn before it was sent
RUN: dict[str, Look] = {
    "running": Look("working", "spinner", lazy("Running")),
    "waiting": Look("neutral", "clock", lazy("Waiting")),
    "done": Look("good", "check-circle", lazy("Done")),
    "succeeded": Look("good", "check-circle", lazy("Done")),
    "failed": Look("bad", "x-circle", lazy("Failed")),
    "superseded": Look("off", "stop", lazy("Superseded")),
}
CLUSTER: dict[str, Look] = {
    "works": Look("good", "check-circle", lazy("Healthy")),
    "fails": Look("bad", "x-circle", lazy("Check failed")),
    "unchecked": Look("neutral", "clock", lazy("Not checked yet")),
}
DELIVERY: dict[str, Look] = {
    "waiting": Look("neutral", "clock", lazy("Waiting")),
    "retrying": Look("warning", "refresh", lazy("Retrying")),
    "sent": Look("good", "check-circle", lazy("Delivered")),
    "failed": Look("bad", "x-circle", lazy("Failed")),
}
WEBHOOK: dict[str, Look] = {
    "works": Look("good", "check-circle", lazy("Active")),
    "failing": Look("warning", "alert", lazy("Failing")),
    "paused": Look("off", "pause", lazy("Paused")),
}
PROBE: dict[str, Look] = {
    "starts": Look("good", "check-circle", lazy("Starts")),
    "fails": Look("bad", "x-circle", lazy("Doesn’t start")),
    "running": Look("working", "spinner", lazy("Testing")),
    "asked": Look("working", "clock", lazy("Test requested")),
    "trouble": Look("warning", "alert", lazy("Couldn’t be tested")),
    "": Look("neutral", "dot", lazy("Not tested")),
}
IMAGE: dict[str, Look] = {
    "found": Look("good", "check-circle", lazy("Found")),
    "missing": Look("bad", "x-circle", lazy("Not found")),
    "no-name": Look("bad", "x-circle", lazy("Invalid image name")),
    "private": Look("warning", "lock", lazy("Access denied")),
    "refused": Look("warning", "lock", lazy("Access denied")),
    "forbidden": Look("warning", "alert", lazy("Not checked")),
    "unknown": Look("neutral", "clock", lazy("Unknown")),
}


NOTICES = {  # tone of a notice: its icon and label
    "neutral": ("info", lazy("Note")),
    "good": ("check-circle", lazy("Done")),
    "warning": ("alert", lazy("Warning")),
    "bad": ("x-circle", lazy("Error")),
}
MESSAGES = {"success": "good", "error": "bad", "warning": "warning"}  # tone by Django's level
STEPS = {
    "done": ("check", lazy("Done")),
    "error": ("alert", lazy("Needs attention")),
}  # of a stepper; others show a number


@dataclass(frozen=True)
class Ended:
    """Why an invitation can't be accepted: the page's heading, and a sentence."""

    title: str
    text: str


INVITATION: dict[str, Ended] = {
    "used": Ended(lazy("This link has already been used"), lazy("An invitation can be used only once.")),
    "withdrawn": Ended(lazy("This link was withdrawn"), lazy("The person who created it withdrew it.")),
    "expired": Ended(lazy("This link has expired"), lazy("An invitation is valid for two weeks.")),
    "unknown": Ended(
        lazy("This link does not work"),
        lazy("Part of it may be missing. Copy the whole link and try again."),
    ),
}


def look(looks: dict[str, Look] | dict[str, HubLook], value: object) -> Look:
    """Return the row of a state. An unknown state is shown under its own name, never hidden."""
    key = str(value)
    return looks.get(key) or Look("neutral", "dot", key.replace("_", " ").capitalize())


# --- charts -----------------------------------------------------------------------------------------------------------
AT_LEAST = timedelta(days=90)  # a course without changes is drawn for so long


@dataclass(frozen=True)
class Step:
    """From this day on it is so much. `text` is the value in words."""

    day: date
    value: float
    text: str


@dataclass(frozen=True)
class Course:
    """What is promised from today on: steps in order of days, the first today, and the limit."""

    name: str
    label: str
    steps: Sequence[Step]
    limit: float
    limit_text: str

    @property
    def peak(self) -> Step:
        return max(self.steps, key=lambda step: step.value)

    @property
    def last(self) -> date:
        """The day with which the drawing ends: some time after the last change."""
        first, final = self.steps[0].day, self.steps[-1].day
        return max(final + (final - first) / 10, first + AT_LEAST)


@dataclass(frozen=True)
class Slice:
    """A part of a whole, with its name. `kind` is its CSS class: strong, middle or weak."""

    label: str
    count: int
    kind: str
