"""Who is told what: one table, event x role. Pure. docs/notifications.md holds it and CI fails if it differs.

Nobody is told what they did themselves. How each person hears of it (at once, once a day, in the inbox only) is theirs
to choose, by kind; the defaults stand here.
"""

from collections.abc import Mapping
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
    """One line of the table. `title` and `text` are filled in with the words of `notifying.facts`: subject, actor,
    note, organization, role, count."""

    event: str  # hubs.audit.services.events.TYPES
    kind: str
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
REQUEST, HUB = "Open the request", "Open the hub’s page"
RUNS = (Who.HUB_ADMINS, Who.ADMINS)

TABLE: tuple[Telling, ...] = (
    Telling("request.submit", "queue", (Who.STAFF,), "“{subject}” waits for you",
            "{actor} of {organization} asks for it.", "Look and decide", While.SUBMITTED),
    Telling("request.approve", "decision", (Who.REQUESTER,), "“{subject}” is approved",
            "{actor} agreed. {numbers} {note}", REQUEST, While.ASKED),
    Telling("request.send_back", "decision", (Who.REQUESTER,), "“{subject}” came back to you",
            "Change it and send it again: {note}", REQUEST),
    Telling("request.reject", "decision", (Who.REQUESTER,), "“{subject}” was declined", "{actor} says why: {note}",
            REQUEST),
    Telling("request.supersede", "decision", (Who.REQUESTER,), "“{subject}” no longer applies",
            "Its hub was retired meanwhile.", REQUEST),
    Telling("request.withdraw", "decision", (Who.REQUESTER,), "“{subject}” was withdrawn", "{actor} withdrew it.",
            REQUEST),
    Telling("request.comment", "comment", (Who.REQUESTER,), "{actor} commented on “{subject}”", "", REQUEST),
    Telling("hub.ready", "hub", (Who.MAKER,), "“{subject}” is ready", "People can sign in and work.", HUB, While.MADE),
    Telling("hub.ready", "hub", (Who.MAKER, Who.STAFF), "“{subject}” works again", "People can sign in and work.", HUB,
            While.MENDED),
    Telling("hub.stalled", "trouble", (Who.HUB_ADMINS, Who.ADMINS, Who.STAFF), "“{subject}” needs somebody",
            "{note}", HUB, While.STALLED),
    Telling("hub.content", "trouble", RUNS, "The repository of “{subject}” could not be copied into homes", "{note}",
            HUB),
    Telling("domain.warn", "trouble", RUNS, "The own name of “{subject}” needs attention", "{note}",
            "Look at the name", goes="hub-domain"),
    Telling("domain.lapse", "trouble", RUNS, "“{subject}” lost its own name", "{note}", "Look at the name",
            goes="hub-domain"),
    Telling("hub.remind", "dates", (Who.MAKER, Who.ADMINS), "“{subject}” ends soon", "{note}",
            "Give it a later last day", While.DATES, "hub-extend"),
    Telling("hub.end", "dates", (Who.MAKER, Who.ADMINS), "“{subject}” has ended", "{note}", "Give it a later last day",
            While.DATES, "hub-extend"),
    Telling("hub.retire", "dates", (Who.MAKER, Who.ADMINS), "“{subject}” is retired", "{note}", HUB, While.DATES),
    Telling("hub.retire", "changes", RUNS, "{actor} retired “{subject}”", "{note}", HUB, While.ASKED),
    Telling("hub.change", "changes", RUNS, "{actor} changed “{subject}”", "{note}", HUB, While.ASKED),
    Telling("hub.suspend", "changes", RUNS, "{actor} suspended “{subject}”", "{note}", HUB, While.ASKED),
    Telling("hub.resume", "changes", RUNS, "{actor} resumed “{subject}”", "{note}", HUB, While.ASKED),
    Telling("hub.pause", "changes", RUNS, "Staff keep “{subject}” as it is", "{note}", HUB),
    Telling("hub.unpause", "changes", RUNS, "Staff no longer keep “{subject}” as it is", "{note}", HUB),
    Telling("hub.code", "changes", RUNS, "Staff changed the code of “{subject}”", "{note}", HUB),
    Telling("hub.delete_files", "changes", RUNS, "The kept files of “{subject}” were deleted", "{note}", HUB),
    Telling("limit.ask", "queue", (Who.STAFF,), "{actor} asks for more in “{subject}”", "{note}", "Look and decide",
            goes="queue"),
    Telling("limit.allow", "limits", (Who.CONCERNED,), "You got more in “{subject}”", "{actor} agreed.",
            "Open the limits", goes="hub-limits"),
    Telling("limit.decline", "limits", (Who.CONCERNED,), "More in “{subject}” was declined", "{actor} says: {note}",
            "Open the limits", goes="hub-limits"),
    Telling("organization.limits", "limits", (Who.ADMINS,), "The limits of {organization} changed", "",
            "Open the limits", goes="organization-limits"),
    Telling("roster.add", "people", (Who.CONCERNED,), "You may enter “{subject}”", "{actor} put you on its list.", HUB),
    Telling("member.join", "people", (Who.ADMINS,), "{actor} joined {organization}", "Role: {role}.", "See the people",
            goes="people"),
    Telling("member.role", "people", (Who.CONCERNED,), "You are now {role} of {organization}", "{actor} changed it.",
            "Open the organisation", goes="organization"),
    Telling("member.remove", "people", (Who.CONCERNED,), "You no longer belong to {organization}",
            "{actor} removed you.", "See your hubs", goes="home"),
    Telling("account.place", "security", (Who.ACCOUNT,), "You signed in from a new place",
            "{note}. " + NOT_YOU, "See your sign-ins", goes="profile"),
    Telling("account.password", "security", (Who.ACCOUNT,), "Your password was changed", "{where} " + NOT_YOU,
            "Open your profile", goes="profile"),
    Telling("account.email", "security", (Who.ACCOUNT,), "Your e-mail address was changed",
            "Your sign-in provider names another address for you. {where} " + NOT_YOU, "Open your profile",
            goes="profile"),
    Telling("account.staff", "security", (Who.ACCOUNT, Who.STAFF), "The staff rights of {subject} were changed",
            "Staff see every organisation and decide requests. If nobody expected this, ask the people who run this "
            "portal.", "Open your profile", goes="profile"),
    Telling("token.create", "security", (Who.ACCOUNT,), "A token was made: “{subject}”",
            "A program that has it may act for you. {where} " + REVOKE, "See your tokens", While.BY_HAND, "tokens"),
    Telling("device.allow", "security", (Who.ACCOUNT,), "A program may act for you: “{subject}”",
            "It was allowed with a code. {where} " + REVOKE, "See your tokens", goes="tokens"),
    Telling("remind.request", "queue", (Who.STAFF,), "“{subject}” still waits", "{note}", "Look and decide",
            While.SUBMITTED),
    Telling("remind.draft", "draft", (Who.REQUESTER,), "You began “{subject}” and did not send it", "{note}",
            "Go on with it", While.DRAFT),
    Telling("remind.stalled", "trouble", (Who.HUB_ADMINS, Who.ADMINS, Who.STAFF), "“{subject}” still needs somebody",
            "{note}", HUB, While.STALLED),
    Telling("webhook.paused", "trouble", (Who.ADMINS, Who.CONCERNED), "The webhook to {subject} is paused", "{note}",
            "Look at the webhooks", goes="webhooks"),
    Telling("remind.limit", "limits", (Who.ADMINS,), "{organization} has nearly used up a limit", "{note}",
            "See what uses it", goes="organization-limits"),
)  # fmt: skip

BY_EVENT: Mapping[str, tuple[Telling, ...]] = {
    event: tuple(row for row in TABLE if row.event == event) for event in dict.fromkeys(row.event for row in TABLE)
}
FOR_STAFF = frozenset(KINDS) - {row.kind for row in TABLE if row.who != (Who.STAFF,)}  # kinds nobody else hears of
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


def page() -> str:
    """The table as Markdown."""
    lines = ["| what happened | who is told | kind | only when |", "|---|---|---|---|"]
    for row in TABLE:
        who = ", ".join(row.who)
        lines.append(f"| `{row.event}` | {who} | {row.kind} | {row.when or '–'} |")
    lines += ["", "| kind | what it is | at first | staff at first |", "|---|---|---|---|"]
    for kind in KINDS.values():
        first, staff = (HOW_WORDS[kind.usual(staff=staff)] for staff in (False, True))
        lines.append(f"| {kind.name} | {kind.about} | {first} | {staff} |")
    return "\n".join(lines)
