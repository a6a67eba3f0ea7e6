"""How every status looks and what it means: one table a vocabulary, one typed row a status. Pure.

A template draws what a row says. It never compares a status with a word (tests/project/test_no_states_in_templates.py).
"""

from dataclasses import dataclass

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
    """A tone (a key of TONE_ICONS), an icon and a word."""

    tone: str
    icon: str
    word: str


@dataclass(frozen=True)
class HubLook(Look):
    """`busy`: a worker is at it. `opens`: there is something to open. `works`: it answers, as far as we know."""

    meaning: str
    busy: bool = False
    opens: bool = False
    works: bool = False


HUB: dict[str, HubLook] = {
    "scheduled": HubLook(
        "neutral",
        "calendar",
        "Scheduled",
        "It is created on its first day. People, limits and dates can be set before.",
    ),
    "creating": HubLook(
        "working",
        "spinner",
        "Creating",
        "We are making it. You can leave this page; it goes on.",
        busy=True,
    ),
    "ready": HubLook(
        "good",
        "check-circle",
        "Ready",
        "It works: people can sign in and start.",
        opens=True,
        works=True,
    ),
    "updating": HubLook(
        "working",
        "spinner",
        "Updating",
        "Your change is being carried out. People’s running servers go on meanwhile.",
        busy=True,
        opens=True,
        works=True,
    ),
    "suspending": HubLook(
        "working",
        "spinner",
        "Suspending",
        "It is being stopped. Everybody’s files are kept.",
        busy=True,
    ),
    "suspended": HubLook(
        "off",
        "pause",
        "Suspended",
        "Nothing runs, and nobody can sign in. Everybody’s files are kept.",
    ),
    "repairing": HubLook(
        "working",
        "spinner",
        "Repairing",
        "Something of it stopped by itself. We are bringing it back.",
        busy=True,
        opens=True,
    ),
    "stalled": HubLook(
        "bad",
        "x-circle",
        "Stalled",
        "It is not as it should be, and trying again has not helped so far.",
        opens=True,
    ),
    "unknown": HubLook(
        "warning",
        "alert",
        "Unknown",
        "We can’t see it right now, so we don’t know whether it works. It may well.",
        opens=True,
    ),
    "retiring": HubLook(
        "working",
        "spinner",
        "Retiring",
        "It is being taken down. People’s files go to the archive.",
        busy=True,
    ),
    "retired": HubLook(
        "off",
        "stop",
        "Retired",
        "It was taken down for good. People’s files are in the archive.",
    ),
}
PAUSED = Look("warning", "pause", "Paused by staff")  # and not as it should be: no status of its own
REQUEST: dict[str, Look] = {
    "draft": Look("neutral", "edit", "Draft"),
    "submitted": Look("neutral", "clock", "Submitted"),
    "returned": Look("warning", "undo", "Returned"),
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
    "superseded": Look("off", "stop", "Overtaken by a newer change"),
}
CLUSTER: dict[str, Look] = {
    "works": Look("good", "check-circle", "Works"),
    "fails": Look("bad", "x-circle", "Fails its check"),
    "unchecked": Look("neutral", "clock", "Not checked yet"),
}
DELIVERY: dict[str, Look] = {
    "waiting": Look("neutral", "clock", "Waiting"),
    "retrying": Look("warning", "refresh", "Tried in vain, waits"),
    "sent": Look("good", "check-circle", "Arrived"),
    "failed": Look("bad", "x-circle", "Failed"),
}
WEBHOOK: dict[str, Look] = {
    "works": Look("good", "check-circle", "On"),
    "failing": Look("warning", "alert", "Fails"),
    "paused": Look("off", "pause", "Paused"),
}
PROBE: dict[str, Look] = {
    "starts": Look("good", "check-circle", "Starts"),
    "fails": Look("bad", "x-circle", "Doesn’t start"),
    "running": Look("working", "spinner", "Probing"),
    "asked": Look("working", "clock", "Probe requested"),
    "trouble": Look("warning", "alert", "Couldn’t check"),
    "": Look("neutral", "dot", "Not probed"),
}
IMAGE: dict[str, Look] = {
    "found": Look("good", "check-circle", "Found"),
    "missing": Look("bad", "x-circle", "Not there"),
    "no-name": Look("bad", "x-circle", "Not an image"),
    "private": Look("warning", "lock", "Not open to us"),
    "refused": Look("warning", "lock", "Not open to us"),
    "forbidden": Look("warning", "alert", "Not asked"),
    "unknown": Look("neutral", "clock", "Not known now"),
}


NOTICES = {  # tone of a notice: icon, and what it is called
    "neutral": ("info", "Note"),
    "good": ("check-circle", "Done"),
    "warning": ("alert", "Careful"),
    "bad": ("x-circle", "Problem"),
}
MESSAGES = {"success": "good", "error": "bad", "warning": "warning"}  # tone by Django's level
STEPS = {"done": ("check", "Done"), "error": ("alert", "Needs attention")}  # of a form's stepper; others have a number


@dataclass(frozen=True)
class Ended:
    """Why an invitation opens nothing: the page's heading, and a sentence."""

    title: str
    text: str


INVITATION: dict[str, Ended] = {
    "used": Ended("This link was used", "An invitation works once."),
    "withdrawn": Ended("This link was withdrawn", "Whoever made it took it back."),
    "expired": Ended("This link has ended", "An invitation works for two weeks."),
    "unknown": Ended(
        "This link does not work",
        "Perhaps a part of it is missing. Copy the whole link once more.",
    ),
}


def look(looks: dict[str, Look] | dict[str, HubLook], value: object) -> Look:
    """How a state looks. One that we don't know yet is shown by its own word, never hidden."""
    key = str(value)
    return looks.get(key) or Look("neutral", "dot", key.replace("_", " ").capitalize())
