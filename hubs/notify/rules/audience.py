"""Who can be notified, of which kinds of events, and when a row of the table (hubs.audit.rules.verbs) applies. Pure.

People are not notified of what they did themselves. Each person chooses by kind how to be notified (immediately, once a
day, in the inbox only); the defaults are defined here.
"""

from dataclasses import dataclass
from enum import StrEnum

from hubs.language import lazy
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


HOW_WORDS = {How.NOW: lazy("Email immediately"), How.DAILY: lazy("Daily email"), How.INBOX: lazy("Inbox only")}


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
            lazy("Your requests"),
            lazy("Your request was approved or rejected, or changes were requested."),
            "request",
            How.NOW,
        ),
        Kind(
            "comment",
            lazy("Comments"),
            lazy("A comment was added to one of your requests."),
            "comment",
            How.NOW,
            How.DAILY,
        ),
        Kind("queue", lazy("Needs review"), lazy("A request or a user limit needs review by staff."), "queue", How.NOW),
        Kind("draft", lazy("Unsent drafts"), lazy("You started a request but did not send it."), "edit", How.DAILY),
        Kind(
            "hub",
            lazy("Hubs that become ready"),
            lazy("A new hub is ready, or a hub works again."),
            "hub",
            How.NOW,
            How.INBOX,
        ),
        Kind("trouble", lazy("Problems"), lazy("A hub or a webhook needs attention."), "alert", How.NOW),
        Kind(
            "dates",
            lazy("Last days"),
            lazy("A hub ends soon, has ended, or is retired."),
            "calendar",
            How.NOW,
            How.INBOX,
        ),
        Kind(
            "changes",
            lazy("Changes by others"),
            lazy("Someone else changed, suspended or retired a hub."),
            "edit",
            How.INBOX,
        ),
        Kind(
            "limits",
            lazy("Limits"),
            lazy("A limit changed or is nearly reached, or higher user limits were approved or rejected."),
            "chart",
            How.NOW,
            How.DAILY,
        ),
        Kind(
            "security",
            lazy("Your account"),
            lazy("A sign-in from a new browser or network, a new token, or a changed password or email address."),
            "lock",
            How.NOW,
            fixed=True,
        ),
        Kind(
            "people",
            lazy("People"),
            lazy("A person joined, or your own role or access changed."),
            "people",
            How.DAILY,
        ),
    )
}


@dataclass(frozen=True)
class Telling:
    """The notification that some people get of one event. `title` and the sentences of `text` are filled in with the
    values of `notifying.facts`: subject, actor, note, quoted (the note in quotation marks), numbers, differences,
    organization, role, entry, acts, where."""

    kind: str  # of KINDS
    who: tuple[Who, ...]
    title: str
    text: tuple[str, ...] = ("{note}",)
    button: str = lazy("View")
    when: While = While.ALWAYS
    goes: str = ""  # name of the page that it links to; "" = the request's, else the hub's, else the organisation's


# What to do, in every email of the kind "security".
NOT_YOU = lazy(
    "If this was you, you don’t need to do anything. If not, change your password (or, if you sign in with a provider, "
    "secure that account), revoke any tokens that you don’t recognise, and contact the staff of this portal."
)
REVOKE = lazy(
    "If this was you, you don’t need to do anything. If not, revoke it immediately, change your password (or secure "
    "the account that you sign in with), and contact the staff of this portal."
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
