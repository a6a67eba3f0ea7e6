"""What is done and what happens, a row each: what the audit writes, what subscribers read, and who is told. Pure.

All others read it here: the audit and its filters, events, webhooks, inbox and mails, docs/webhooks.md and
docs/notifications.md."""

from dataclasses import dataclass

from hubs.notify.rules.audience import NOT_YOU, REVOKE, Telling, While, Who


@dataclass(frozen=True)
class Group:
    """What the audit is filtered by."""

    name: str
    label: str


PEOPLE, HUBS, REQUESTS = Group("people", "People and access"), Group("hubs", "Hubs"), Group("requests", "Requests")
LIMITS, ORGANIZATIONS = Group("limits", "Limits"), Group("organizations", "Organisations")
ACCOUNTS, TOKENS = Group("accounts", "Accounts and sign-in"), Group("tokens", "Tokens and programs")
STARTING_POINTS, IMAGES = Group("starting-points", "Starting points"), Group("images", "Images")
CLUSTERS, WEBHOOKS = Group("clusters", "Clusters"), Group("webhooks", "Webhooks")
GROUPS = (PEOPLE, HUBS, REQUESTS, LIMITS, ORGANIZATIONS, ACCOUNTS, TOKENS, STARTING_POINTS, IMAGES, CLUSTERS, WEBHOOKS)


@dataclass(frozen=True)
class Verb:
    """One row. `did` is an audit line's words between who and what; what nobody does, because a worker finds it, has
    none and is never audited. `event` is what a subscriber reads; without it, it stays between the portal and its
    audit. What is `personal`, no webhook hears."""

    name: str
    group: Group
    did: str
    event: str = ""
    tells: tuple[Telling, ...] = ()
    personal: bool = False


REQUEST, HUB = "Open the request", "Open the hub’s page"
RUNS = (Who.HUB_ADMINS, Who.ADMINS)

# By what a subscriber reads above them; events are offered in this order.
TABLE: dict[str, tuple[Verb, ...]] = {
    "Requests": (
        Verb("request.start", REQUESTS, "began the request"),
        Verb("request.save", REQUESTS, "edited the request"),
        Verb("request.submit", REQUESTS, "sent the request", "A request was sent", (
            Telling("queue", (Who.STAFF,), "“{subject}” waits for you", "{actor} of {organization} asks for it.",
                    "Look and decide", While.SUBMITTED),)),
        Verb("request.take_back", REQUESTS, "took back the request", "A request was taken back"),
        Verb("request.withdraw", REQUESTS, "withdrew the request", "A request was withdrawn", (
            Telling("decision", (Who.REQUESTER,), "“{subject}” was withdrawn", "{actor} withdrew it.", REQUEST),)),
        Verb("request.approve", REQUESTS, "approved", "A request was approved", (
            Telling("decision", (Who.REQUESTER,), "“{subject}” is approved", "{actor} agreed. {numbers} {note}",
                    REQUEST, While.ASKED),)),
        Verb("request.send_back", REQUESTS, "returned for changes", "A request was returned for changes", (
            Telling("decision", (Who.REQUESTER,), "“{subject}” came back to you", "Change it and send it again: {note}",
                    REQUEST),)),
        Verb("request.reject", REQUESTS, "rejected", "A request was rejected", (
            Telling("decision", (Who.REQUESTER,), "“{subject}” was declined", "{actor} says why: {note}", REQUEST),)),
        Verb("request.take_over", REQUESTS, "took over the request"),
        Verb("request.supersede", REQUESTS, "closed as overtaken", "A request was overtaken", (
            Telling("decision", (Who.REQUESTER,), "“{subject}” no longer applies", "Its hub was retired meanwhile.",
                    REQUEST),)),
        Verb("request.secret", REQUESTS, "set a secret:"),
        Verb("request.comment", REQUESTS, "commented on", "Somebody commented on a request", (
            Telling("comment", (Who.REQUESTER,), "{actor} commented on “{subject}”", "", REQUEST),)),
    ),
    "What happens to hubs": (
        Verb("hub.ready", HUBS, "", "A hub became ready", (
            Telling("hub", (Who.MAKER,), "“{subject}” is ready", "People can sign in and work.", HUB, While.MADE),
            Telling("hub", (Who.MAKER, Who.STAFF), "“{subject}” works again", "People can sign in and work.", HUB,
                    While.MENDED),)),
        Verb("hub.stalled", HUBS, "", "A hub needs somebody to look", (
            Telling("trouble", (Who.HUB_ADMINS, Who.ADMINS, Who.STAFF), "“{subject}” needs somebody", "{note}", HUB,
                    While.STALLED),)),
        Verb("hub.unknown", HUBS, "", "A hub can’t be seen, because its cluster does not answer"),
        Verb("hub.suspended", HUBS, "", "A hub is suspended"),
        Verb("hub.retired", HUBS, "", "A hub is gone"),
        Verb("hub.content", HUBS, "", "The repository of a hub could not be copied into homes", (
            Telling("trouble", RUNS, "The repository of “{subject}” could not be copied into homes", "{note}", HUB),)),
    ),
    "What people do with hubs": (
        Verb("hub.create", HUBS, "created the hub", "A hub was agreed and is being made"),
        Verb("hub.change", HUBS, "changed the hub", "A change of a hub was agreed", (
            Telling("changes", RUNS, "{actor} changed “{subject}”", "{note}", HUB, While.ASKED),)),
        Verb("hub.begin", HUBS, "created on its first day the hub", "A hub was created on its first day"),
        Verb("hub.suspend", HUBS, "suspended the hub", "Somebody suspended a hub", (
            Telling("changes", RUNS, "{actor} suspended “{subject}”", "{note}", HUB, While.ASKED),)),
        Verb("hub.resume", HUBS, "resumed the hub", "Somebody resumed a hub", (
            Telling("changes", RUNS, "{actor} resumed “{subject}”", "{note}", HUB, While.ASKED),)),
        Verb("hub.retire", HUBS, "retired the hub", "Somebody retired a hub", (
            Telling("dates", (Who.MAKER, Who.ADMINS), "“{subject}” is retired", "{note}", HUB, While.DATES),
            Telling("changes", RUNS, "{actor} retired “{subject}”", "{note}", HUB, While.ASKED),)),
        Verb("hub.remind", HUBS, "reminded of the end of the hub", "The last day of a hub is near", (
            Telling("dates", (Who.MAKER, Who.ADMINS), "“{subject}” ends soon", "{note}", "Give it a later last day",
                    While.DATES, "hub-extend"),)),
        Verb("hub.end", HUBS, "ended, because its last day is over, the hub", "The last day of a hub is over", (
            Telling("dates", (Who.MAKER, Who.ADMINS), "“{subject}” has ended", "{note}", "Give it a later last day",
                    While.DATES, "hub-extend"),)),
        Verb("hub.retry", HUBS, "asked for another try of", "Somebody asked for another try"),
        Verb("hub.restart", HUBS, "restarted the hub", "Somebody restarted a hub"),
        Verb("hub.secrets", HUBS, "rotated secrets of the hub", "Secrets of a hub were rotated"),
        Verb("hub.start_server", HUBS, "started a server of", "Somebody’s server was started for them"),
        Verb("hub.stop_server", HUBS, "stopped a server of", "Somebody’s server was stopped"),
        Verb("hub.stop_servers", HUBS, "stopped all servers of", "All servers of a hub were stopped"),
        Verb("hub.pause", HUBS, "paused the repair of", "Staff paused the repair of a hub", (
            Telling("changes", RUNS, "Staff keep “{subject}” as it is", "{note}", HUB),)),
        Verb("hub.unpause", HUBS, "ended the pause of", "Staff ended the pause of a hub", (
            Telling("changes", RUNS, "Staff no longer keep “{subject}” as it is", "{note}", HUB),)),
        Verb("hub.code", HUBS, "changed the code (hub.extraConfig) of the hub", "Staff changed the code of a hub", (
            Telling("changes", RUNS, "Staff changed the code of “{subject}”", "{note}", HUB),)),
        Verb("hub.delete_files", HUBS, "deleted the kept files of", "The kept files of a hub were deleted", (
            Telling("changes", RUNS, "The kept files of “{subject}” were deleted", "{note}", HUB),)),
        Verb("hub.starting_point", HUBS, "kept as it is, although its starting point has a newer version, the hub",
             "A newer version of a starting point was declined"),
        Verb("domain.add", HUBS, "asked for an own name of", "An own name was asked for"),
        Verb("domain.prove", HUBS, "found the proof for the own name of", "An own name was proven"),
        Verb("domain.use", HUBS, "moved to its own name the hub", "A hub moved to its own name"),
        Verb("domain.warn", HUBS, "found a problem with the own name of", "The proof of an own name is missing", (
            Telling("trouble", RUNS, "The own name of “{subject}” needs attention", "{note}", "Look at the name",
                    goes="hub-domain"),)),
        Verb("domain.lapse", HUBS, "gave up the own name of", "An own name was given up", (
            Telling("trouble", RUNS, "“{subject}” lost its own name", "{note}", "Look at the name",
                    goes="hub-domain"),)),
        Verb("domain.remove", HUBS, "removed the own name of", "An own name was removed"),
        Verb("content_link.save", HUBS, "kept the content link", "A content link was kept with a hub"),
        Verb("content_link.remove", HUBS, "removed the content link", "A content link was removed from a hub"),
    ),
    "People and limits": (
        Verb("roster.add", PEOPLE, "gave access to", "People got access to a hub", (
            Telling("people", (Who.CONCERNED,), "You may enter “{subject}”", "{actor} put you on its list.", HUB),)),
        Verb("roster.role", PEOPLE, "changed the access to", "Somebody’s access to a hub changed"),
        Verb("roster.remove", PEOPLE, "took away access to", "People lost access to a hub"),
        Verb("limit.set", LIMITS, "set user limits in", "User limits were set"),
        Verb("limit.change", LIMITS, "changed user limits in", "User limits changed"),
        Verb("limit.ask", LIMITS, "asked staff for more in", "More than was agreed was asked for", (
            Telling("queue", (Who.STAFF,), "{actor} asks for more in “{subject}”", "{note}", "Look and decide",
                    goes="queue"),)),
        Verb("limit.allow", LIMITS, "allowed more than was agreed in", "Staff allowed more", (
            Telling("limits", (Who.CONCERNED,), "You got more in “{subject}”", "{actor} agreed.", "Open the limits",
                    goes="hub-limits"),)),
        Verb("limit.decline", LIMITS, "declined to allow more in", "Staff declined to allow more", (
            Telling("limits", (Who.CONCERNED,), "More in “{subject}” was declined", "{actor} says: {note}",
                    "Open the limits", goes="hub-limits"),)),
        Verb("limit.end", LIMITS, "ended user limits in", "User limits ended"),
        Verb("limit.run_out", LIMITS, "ended user limits whose last day was over in", "User limits ran out"),
        Verb("limit.import", LIMITS, "brought user limits from a file to", "User limits came from a file"),
        Verb("member.invite", PEOPLE, "invited somebody to", "Somebody was invited"),
        Verb("member.revoke", PEOPLE, "withdrew an invitation to", "An invitation was withdrawn"),
        Verb("member.join", PEOPLE, "joined", "Somebody joined the organisation", (
            Telling("people", (Who.ADMINS,), "{actor} joined {organization}", "Role: {role}.", "See the people",
                    goes="people"),)),
        Verb("member.role", PEOPLE, "changed the role of", "Somebody’s role changed", (
            Telling("people", (Who.CONCERNED,), "You are now {role} of {organization}", "{actor} changed it.",
                    "Open the organisation", goes="organization"),)),
        Verb("member.remove", PEOPLE, "removed", "Somebody was removed", (
            Telling("people", (Who.CONCERNED,), "You no longer belong to {organization}", "{actor} removed you.",
                    "See your hubs", goes="home"),)),
        Verb("member.take_over", PEOPLE, "took over an invitation to"),
    ),
    "Reminders": (
        Verb("remind.request", REQUESTS, "", "A request has waited for staff for long", (
            Telling("queue", (Who.STAFF,), "“{subject}” still waits", "{note}", "Look and decide", While.SUBMITTED),)),
        Verb("remind.draft", REQUESTS, "", "A draft was forgotten", (
            Telling("draft", (Who.REQUESTER,), "You began “{subject}” and did not send it", "{note}", "Go on with it",
                    While.DRAFT),), personal=True),
        Verb("remind.stalled", HUBS, "", "A hub still needs somebody to look", (
            Telling("trouble", (Who.HUB_ADMINS, Who.ADMINS, Who.STAFF), "“{subject}” still needs somebody", "{note}",
                    HUB, While.STALLED),)),
        Verb("remind.limit", LIMITS, "", "A limit of the organisation is nearly used up", (
            Telling("limits", (Who.ADMINS,), "{organization} has nearly used up a limit", "{note}", "See what uses it",
                    goes="organization-limits"),)),
    ),
    "The organisation": (
        Verb("organization.create", ORGANIZATIONS, "made the organisation", "The organisation was made"),
        Verb("organization.limits", LIMITS, "changed the limits of", "The organisation’s limits changed", (
            Telling("limits", (Who.ADMINS,), "The limits of {organization} changed", "", "Open the limits",
                    goes="organization-limits"),)),
        Verb("organization.cluster", ORGANIZATIONS, "moved new hubs to another cluster for",
             "New hubs go to another cluster"),
        Verb("organization.time_zone", ORGANIZATIONS, "changed the time zone of",
             "The organisation’s time zone changed"),
        Verb("registry.set", ORGANIZATIONS, "set the password of the registry", "The password of a registry was set"),
        Verb("registry.remove", ORGANIZATIONS, "removed the password of the registry",
             "The password of a registry was removed"),
        Verb("image.create", IMAGES, "added to the image catalogue", "An image was added to the catalogue"),
        Verb("image.change", IMAGES, "changed in the image catalogue", "An image of the catalogue changed"),
        Verb("image.withdraw", IMAGES, "withdrew from the image catalogue",
             "An image was withdrawn from the catalogue"),
        Verb("image.offer", IMAGES, "offered again in the image catalogue", "An image is offered again"),
        Verb("image.probe", IMAGES, "asked for a probe of the image"),
        Verb("webhook.create", WEBHOOKS, "made the webhook to"),
        Verb("webhook.change", WEBHOOKS, "changed the webhook to"),
        Verb("webhook.rotate", WEBHOOKS, "made another secret for the webhook to"),
        Verb("webhook.take_over", WEBHOOKS, "took over the webhook to"),
        Verb("webhook.pause", WEBHOOKS, "paused the webhook to"),
        Verb("webhook.paused", WEBHOOKS, "paused, because nothing arrived, the webhook to",
             "A webhook was paused, because nothing arrived", (
            Telling("trouble", (Who.ADMINS, Who.CONCERNED), "The webhook to {subject} is paused", "{note}",
                    "Look at the webhooks", goes="webhooks"),)),
        Verb("webhook.resume", WEBHOOKS, "resumed the webhook to"),
        Verb("webhook.test", WEBHOOKS, "sent a test by the webhook to"),
        Verb("webhook.resend", WEBHOOKS, "sent again by the webhook to"),
        Verb("webhook.remove", WEBHOOKS, "removed the webhook to"),
    ),
    "What no subscriber hears of": (
        Verb("account.create", ACCOUNTS, "signed up as"),
        Verb("account.email", ACCOUNTS, "has another e-mail address:", "The e-mail address was changed", (
            Telling("security", (Who.ACCOUNT,), "Your e-mail address was changed",
                    "Your sign-in provider names another address for you. {where} " + NOT_YOU, "Open your profile",
                    goes="profile"),), personal=True),
        Verb("account.name", ACCOUNTS, "changed their name to"),
        Verb("account.username", ACCOUNTS, "chose the user name"),
        Verb("account.password", ACCOUNTS, "changed the password of", "The password was changed", (
            Telling("security", (Who.ACCOUNT,), "Your password was changed", "{where} " + NOT_YOU, "Open your profile",
                    goes="profile"),), personal=True),
        Verb("account.sign_out", ACCOUNTS, "ended all sessions of"),
        Verb("account.close", ACCOUNTS, "closed the account of"),
        Verb("account.place", ACCOUNTS, "", "Somebody signed in from a new place", (
            Telling("security", (Who.ACCOUNT,), "You signed in from a new place", "{note}. " + NOT_YOU,
                    "See your sign-ins", goes="profile"),), personal=True),
        Verb("account.notifications", ACCOUNTS, "chose how to be told:"),
        Verb("account.calendar", ACCOUNTS, "made a secret calendar address of"),
        Verb("account.calendar_end", ACCOUNTS, "ended their secret calendar address of"),
        Verb("account.staff", ACCOUNTS, "changed the staff rights of", "The staff rights changed", (
            Telling("security", (Who.ACCOUNT, Who.STAFF), "The staff rights of {subject} were changed",
                    "Staff see every organisation and decide requests. If nobody expected this, ask the people who run "
                    "this portal.", "Open your profile", goes="profile"),), personal=True),
        Verb("cluster.create", CLUSTERS, "added the cluster"),
        Verb("cluster.change", CLUSTERS, "changed the cluster"),
        Verb("cluster.credentials", CLUSTERS, "replaced the credentials of the cluster"),
        Verb("cluster.open", CLUSTERS, "opened for new hubs the cluster"),
        Verb("cluster.close", CLUSTERS, "closed for new hubs the cluster"),
        Verb("cluster.check", CLUSTERS, "checked the cluster"),
        Verb("cluster.delete", CLUSTERS, "removed the cluster"),
        Verb("starting_point.create", STARTING_POINTS, "made the starting point"),
        Verb("starting_point.publish", STARTING_POINTS, "published a version of the starting point"),
        Verb("starting_point.card", STARTING_POINTS, "changed the card of the starting point"),
        Verb("starting_point.withdraw", STARTING_POINTS, "withdrew the starting point"),
        Verb("starting_point.offer", STARTING_POINTS, "offered again the starting point"),
        Verb("token.create", TOKENS, "made the token", "A token was made", (
            Telling("security", (Who.ACCOUNT,), "A token was made: “{subject}”",
                    "A program that has it may act for you. {where} " + REVOKE, "See your tokens", While.BY_HAND,
                    "tokens"),), personal=True),
        Verb("token.revoke", TOKENS, "revoked the token"),
        Verb("token.take_over", TOKENS, "took over the token"),
        Verb("device.allow", TOKENS, "allowed a program to fetch a token:", "A program was allowed to fetch a token", (
            Telling("security", (Who.ACCOUNT,), "A program may act for you: “{subject}”",
                    "It was allowed with a code. {where} " + REVOKE, "See your tokens",
                    goes="tokens"),), personal=True),
        Verb("device.deny", TOKENS, "refused a program a token:"),
        Verb("service.create", TOKENS, "made the service account"),
        Verb("service.role", TOKENS, "changed the role of the service account"),
        Verb("service.remove", TOKENS, "removed the service account"),
    ),
}  # fmt: skip

VERBS = {row.name: row for rows in TABLE.values() for row in rows}
AUDITED = {name: row for name, row in VERBS.items() if row.did}
TELLS = [(row.name, line) for row in VERBS.values() for line in row.tells]


def described(name: str) -> Verb:
    """The row of what a line or an event names. Another version of the portal may have written it: what the table does
    not know is shown by its name, and told to nobody."""
    return VERBS.get(name, Verb(name, HUBS, name))


def verbs_of(group: str) -> tuple[str, ...]:
    """The verbs of audit lines of a group, by the group's name."""
    return tuple(row.name for row in AUDITED.values() if row.group.name == group)
