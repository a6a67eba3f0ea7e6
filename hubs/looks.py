"""The label, icon, tone and meaning of every status: one table per vocabulary, one typed row per status. Pure.

Templates render these rows. They never compare a status with a string
(tests/project/test_no_states_in_templates.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

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
        "Scheduled",
        "The hub is created on its first day. You can set people, limits and dates before then.",
    ),
    "creating": HubLook(
        "working",
        "spinner",
        "Creating",
        "The hub is being created. You can leave this page.",
        busy=True,
    ),
    "ready": HubLook(
        "good",
        "check-circle",
        "Ready",
        "The hub is running: people can sign in and start servers.",
        opens=True,
        works=True,
    ),
    "updating": HubLook(
        "working",
        "spinner",
        "Updating",
        "Your change is being applied. Running servers continue in the meantime.",
        busy=True,
        opens=True,
        works=True,
    ),
    "suspending": HubLook(
        "working",
        "spinner",
        "Suspending",
        "The hub is being stopped. No files are deleted.",
        busy=True,
    ),
    "suspended": HubLook(
        "off",
        "pause",
        "Suspended",
        "The hub is stopped, and people can’t sign in. No files were deleted.",
    ),
    "repairing": HubLook(
        "working",
        "spinner",
        "Repairing",
        "Part of the hub stopped unexpectedly. It is being restored.",
        busy=True,
        opens=True,
    ),
    "stalled": HubLook(
        "bad",
        "x-circle",
        "Stalled",
        "The hub is not in its expected state, and retrying has not helped so far.",
        opens=True,
    ),
    "unknown": HubLook(
        "warning",
        "alert",
        "Unknown",
        "The portal can’t check the hub at the moment. The hub may still be working.",
        opens=True,
    ),
    "retiring": HubLook(
        "working",
        "spinner",
        "Retiring",
        "The hub is being removed. People’s files are moved to the archive.",
        busy=True,
    ),
    "retired": HubLook(
        "off",
        "stop",
        "Retired",
        "The hub was removed permanently. People’s files are in the archive.",
    ),
}
PAUSED = Look("warning", "pause", "Repairs paused")  # and not in its expected state; not a status of its own
REQUEST: dict[str, Look] = {
    "draft": Look("neutral", "edit", "Draft"),
    "submitted": Look("neutral", "clock", "Sent"),
    "returned": Look("warning", "undo", "Changes requested"),
    "approved": Look("good", "check-circle", "Approved"),
    "rejected": Look("bad", "x-circle", "Rejected"),
    "withdrawn": Look("off", "stop", "Withdrawn"),
    "superseded": Look("off", "stop", "Superseded"),
}
RUN: dict[str, Look] = {
    "running": Look("working", "spinner", "Running"),
    "waiting": Look("neutral", "clock", "Waiting"),
    "done": Look("good", "check-circle", "Done"),
    "succeeded": Look("good", "check-circle", "Done"),
    "failed": Look("bad", "x-circle", "Failed"),
    "superseded": Look("off", "stop", "Superseded"),
}
CLUSTER: dict[str, Look] = {
    "works": Look("good", "check-circle", "Healthy"),
    "fails": Look("bad", "x-circle", "Check failed"),
    "unchecked": Look("neutral", "clock", "Not checked yet"),
}
DELIVERY: dict[str, Look] = {
    "waiting": Look("neutral", "clock", "Waiting"),
    "retrying": Look("warning", "refresh", "Retrying"),
    "sent": Look("good", "check-circle", "Delivered"),
    "failed": Look("bad", "x-circle", "Failed"),
}
WEBHOOK: dict[str, Look] = {
    "works": Look("good", "check-circle", "Active"),
    "failing": Look("warning", "alert", "Failing"),
    "paused": Look("off", "pause", "Paused"),
}
PROBE: dict[str, Look] = {
    "starts": Look("good", "check-circle", "Starts"),
    "fails": Look("bad", "x-circle", "Doesn’t start"),
    "running": Look("working", "spinner", "Testing"),
    "asked": Look("working", "clock", "Test requested"),
    "trouble": Look("warning", "alert", "Couldn’t be tested"),
    "": Look("neutral", "dot", "Not tested"),
    "machine": Look("neutral", "dot", "Not tested here"),
}
IMAGE: dict[str, Look] = {
    "found": Look("good", "check-circle", "Found"),
    "missing": Look("bad", "x-circle", "Not found"),
    "no-name": Look("bad", "x-circle", "Invalid image name"),
    "private": Look("warning", "lock", "Access denied"),
    "refused": Look("warning", "lock", "Access denied"),
    "forbidden": Look("warning", "alert", "Not checked"),
    "unknown": Look("neutral", "clock", "Unknown"),
}


NOTICES = {  # tone of a notice: its icon and label
    "neutral": ("info", "Note"),
    "good": ("check-circle", "Done"),
    "warning": ("alert", "Warning"),
    "bad": ("x-circle", "Error"),
}
MESSAGES = {"success": "good", "error": "bad", "warning": "warning"}  # tone by Django's level
STEPS = {"done": ("check", "Done"), "error": ("alert", "Needs attention")}  # of a stepper; others show a number


@dataclass(frozen=True)
class Ended:
    """Why an invitation can't be accepted: the page's heading, and a sentence."""

    title: str
    text: str


INVITATION: dict[str, Ended] = {
    "used": Ended("This link has already been used", "An invitation can be used only once."),
    "withdrawn": Ended("This link was withdrawn", "The person who created it withdrew it."),
    "expired": Ended("This link has expired", "An invitation is valid for two weeks."),
    "unknown": Ended(
        "This link does not work",
        "Part of it may be missing. Copy the whole link and try again.",
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
