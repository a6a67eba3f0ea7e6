"""Who can be told, of which kinds of things, and when a line of the table (hubs.audit.rules.verbs) is meant. Pure.

Nobody is told what they did themselves. How each person hears of it (at once, once a day, in the inbox only) is theirs
to choose, by kind; the defaults stand here.
"""

from dataclasses import dataclass
from enum import StrEnum

from hubs.cause import DEVICE


class Who(StrEnum):
    REQUESTER = "requester"
    MAKER = "who made the hub"
    HUB_ADMINS = "hub admins"
    ADMINS = "owners and admins"
    STAFF = "staff"
    CONCERNED = "the person concerned"
    ACCOUNT = "whose account it is"  # also when they did it themselves: it may have been somebody else


class How(StrEnum):
    """How somebody hears of a kind, beside the inbox, where everything is."""

    NOW = "now"
    DAILY = "daily"
    INBOX = "inbox"


HOW_WORDS = {How.NOW: "E-mail at once", How.DAILY: "In the daily e-mail", How.INBOX: "Inbox only"}


class While(StrEnum):
    """What must still be so, else there is nothing to tell any more: nobody reads that a hub stalls that runs again."""

    ALWAYS = ""
    SUBMITTED = "the request waits for staff"
    DRAFT = "the request is a draft"
    STALLED = "the hub is stalled"
    ASKED = "a person did it"  # not the policy, not the calendar
    MADE = "the hub was being made"
    MENDED = "the hub was in trouble"
    BY_HAND = "no program fetched it with a code"  # that was told when the code was allowed
    DATES = "the calendar did it, and it is still so"


@dataclass(frozen=True)
class Kind:
    """What a person chooses by. `icon` is one of hubs.templatetags.icons."""

    name: str
    title: str
    about: str
    icon: str
    default: How
    staff: How | None = None  # another default for staff; None = the same
    fixed: bool = False  # nobody turns it off, and it waits for no quiet hours: it is for whoever was robbed

    def usual(self, *, staff: bool) -> How:
        return self.staff if staff and self.staff else self.default


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("decision", "Your requests", "Staff approved, returned or declined one of yours.", "request", How.NOW),
        Kind("comment", "Comments", "Somebody wrote something on a request of yours.", "comment", How.NOW, How.DAILY),
        Kind("queue", "Waiting for staff", "A request or a limit needs a decision.", "queue", How.NOW),
        Kind("draft", "Forgotten drafts", "A request that you began and never sent.", "edit", How.DAILY),
        Kind("hub", "Hubs that become ready", "A new hub opens, or works again.", "hub", How.NOW, How.INBOX),
        Kind("trouble", "Hubs in trouble", "A hub, or a webhook, needs somebody to look at it.", "alert", How.NOW),
        Kind("dates", "Last days", "A hub ends soon, has ended, or is retired.", "calendar", How.NOW, How.INBOX),
        Kind("changes", "What others change", "Somebody else changed, suspended or retired a hub.", "edit", How.INBOX),
        Kind("limits", "Limits", "A limit was decided, changed, or is nearly used up.", "chart", How.NOW, How.DAILY),
        Kind(
            "security",
            "Your account",
            "A sign-in from a new place, a new token, another password or address.",
            "lock",
            How.NOW,
            fixed=True,
        ),
        Kind("people", "People", "Somebody joined, or your own role or access changed.", "people", How.DAILY),
    )
}


@dataclass(frozen=True)
class Telling:
    """What some people are told of one event. `title` and `text` are filled in with the words of `notifying.facts`:
    subject, actor, note, numbers, organization, role, where."""

    kind: str  # of KINDS
    who: tuple[Who, ...]
    title: str
    text: str = "{note}"
    button: str = "Look at it"
    when: While = While.ALWAYS
    goes: str = ""  # the page it leads to; "" = the request's, else the hub's, else the organisation's


# What to do, in every mail of the kind "security".
NOT_YOU = (
    "If this was you, there is nothing to do. If not: change your password (or, where you sign in with a provider, "
    "secure that account), revoke the tokens that you do not know, and tell the people who run this portal."
)
REVOKE = (
    "If this was you, there is nothing to do. If not: revoke it at once, change your password (or secure the account "
    "that you sign in with), and tell the people who run this portal."
)
BROKEN = ("stalled", "unknown")


def happened(row: Telling, *, by_person: bool, came_from: str = "", via: str = "") -> bool:
    """Is this line meant, as far as the event itself tells? `came_from`: the hub's status before; `via`: with what
    somebody came (hubs.cause)."""
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
