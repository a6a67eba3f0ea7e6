"""Who can be notified, of which kinds of events, and when a row of the table (hubs.audit.rules.verbs) applies. Pure.

People are not notified of what they did themselves. Each person chooses by kind how to be notified (immediately, once a
day, in the inbox only); the defaults are defined here.
"""

from dataclasses import dataclass
from enum import StrEnum

from hubs.request_context import DEVICE


class Who(StrEnum):
    REQUESTER = "requester"
    MAKER = "hub creator"
    HUB_ADMINS = "hub admins"
    ADMINS = "owners and admins"
    STAFF = "staff"
    CONCERNED = "the person affected"
    ACCOUNT = "account owner"  # also when they did it themselves: it may have been someone else


class How(StrEnum):
    """How a person is notified of a kind, in addition to the inbox, which has everything."""

    NOW = "now"
    DAILY = "daily"
    INBOX = "inbox"


HOW_WORDS = {How.NOW: "Email immediately", How.DAILY: "Daily email", How.INBOX: "Inbox only"}


class While(StrEnum):
    """The condition under which a notification applies and is still sent: no email about a stalled hub goes out once
    the hub runs again."""

    ALWAYS = ""
    SUBMITTED = "the request needs review"
    DRAFT = "the request is a draft"
    STALLED = "the hub is stalled"
    ASKED = "a person did it"  # not the policy, not the calendar
    MADE = "the hub was being created"
    MENDED = "the hub needed attention before"
    BY_HAND = "no app got it with a device code"  # its owner was notified when the code was authorised
    DATES = "the calendar did it, and it is still true"


@dataclass(frozen=True)
class Kind:
    """A kind of notification that a person has a setting for. `icon` is one of hubs.templatetags.icons."""

    name: str
    title: str
    about: str
    icon: str
    default: How
    staff: How | None = None  # the default for staff; None = the same
    fixed: bool = False  # can't be turned off and ignores quiet hours: the account may have been taken over

    def usual(self, *, staff: bool) -> How:
        return self.staff if staff and self.staff else self.default


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "decision",
            "Your requests",
            "Your request was approved or rejected, or changes were requested.",
            "request",
            How.NOW,
        ),
        Kind("comment", "Comments", "A comment was added to one of your requests.", "comment", How.NOW, How.DAILY),
        Kind("queue", "Needs review", "A request or a user limit needs review by staff.", "queue", How.NOW),
        Kind("draft", "Unsent drafts", "You started a request but did not send it.", "edit", How.DAILY),
        Kind("hub", "Hubs that become ready", "A new hub is ready, or a hub works again.", "hub", How.NOW, How.INBOX),
        Kind("trouble", "Problems", "A hub or a webhook needs attention.", "alert", How.NOW),
        Kind("dates", "Last days", "A hub ends soon, has ended, or is retired.", "calendar", How.NOW, How.INBOX),
        Kind("changes", "Changes by others", "Someone else changed, suspended or retired a hub.", "edit", How.INBOX),
        Kind(
            "limits",
            "Limits",
            "A limit changed or is nearly reached, or higher user limits were approved or rejected.",
            "chart",
            How.NOW,
            How.DAILY,
        ),
        Kind(
            "security",
            "Your account",
            "A sign-in from a new browser or network, a new token, or a changed password or email address.",
            "lock",
            How.NOW,
            fixed=True,
        ),
        Kind("people", "People", "A person joined, or your own role or access changed.", "people", How.DAILY),
    )
}


@dataclass(frozen=True)
class Telling:
    """The notification that some people get of one event. `title` and `text` are filled in with the values of
    `notifying.facts`: subject, actor, note, numbers, differences, organization, role, where."""

    kind: str  # of KINDS
    who: tuple[Who, ...]
    title: str
    text: str = "{note}"
    button: str = "View"
    when: While = While.ALWAYS
    goes: str = ""  # name of the page that it links to; "" = the request's, else the hub's, else the organisation's


# What to do, in every email of the kind "security".
NOT_YOU = (
    "If this was you, you don’t need to do anything. If not, change your password (or, if you sign in with a provider, "
    "secure that account), revoke any tokens that you don’t recognise, and contact the people who run this portal."
)
REVOKE = (
    "If this was you, you don’t need to do anything. If not, revoke it immediately, change your password (or secure "
    "the account that you sign in with), and contact the people who run this portal."
)
BROKEN = ("stalled", "unknown")


def happened(row: Telling, *, by_person: bool, came_from: str = "", via: str = "") -> bool:
    """Return whether this notification applies, as far as the event itself shows. `came_from` is the hub's previous
    status, `via` the credential that was used (hubs.request_context)."""
    match row.when:
        case While.ASKED:
            return by_person
        case While.MADE:
            return came_from == "creating"
        case While.MENDED:
            return came_from in BROKEN
        case While.DATES:
            return not by_person
        case While.BY_HAND:
            return via != DEVICE
    return True
