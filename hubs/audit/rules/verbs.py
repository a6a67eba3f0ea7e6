"""The table of everything that can be done or happen: one row per verb, with the words of the audit log, the event that
subscribers receive, and who is notified. Pure.

The audit log and its filters, events, webhooks, inbox and emails, docs/webhooks.md and docs/notifications.md are all
made from it."""

from dataclasses import dataclass

from hubs.notify.rules.audience import NOT_YOU, REVOKE, Telling, While, Who


@dataclass(frozen=True)
class Group:
    """A group of verbs, to filter the audit log by."""

    name: str
    label: str


PEOPLE, HUBS, REQUESTS = Group("people", "People and access"), Group("hubs", "Hubs"), Group("requests", "Requests")
LIMITS, ORGANIZATIONS = Group("limits", "Limits"), Group("organizations", "Organisations")
ACCOUNTS, TOKENS = Group("accounts", "Accounts and sign-in"), Group("tokens", "Tokens and apps")
STARTING_POINTS, IMAGES = Group("starting-points", "Starting points"), Group("images", "Images")
CLUSTERS, WEBHOOKS = Group("clusters", "Clusters"), Group("webhooks", "Webhooks")
GROUPS = (PEOPLE, HUBS, REQUESTS, LIMITS, ORGANIZATIONS, ACCOUNTS, TOKENS, STARTING_POINTS, IMAGES, CLUSTERS, WEBHOOKS)


@dataclass(frozen=True)
class Verb:
    """One row. `did` is the part of an audit line between the person and the object; it is "" for what a worker
    observes, which is never audited. `event` is the description that subscribers read; without one, no event is
    emitted. Webhooks never receive what is `personal`."""

    name: str
    group: Group
    did: str
    event: str = ""
    tells: tuple[Telling, ...] = ()
    personal: bool = False


REQUEST, HUB = "Open the request", "Open the hub’s page"
RUNS = (Who.HUB_ADMINS, Who.ADMINS)

# The keys are the headings that subscribers see; events are listed in this order.
TABLE: dict[str, tuple[Verb, ...]] = {
    "Requests": (
        Verb("request.start", REQUESTS, "started the request"),
        Verb("request.save", REQUESTS, "edited the request"),
        Verb("request.submit", REQUESTS, "sent the request", "A request was sent", (
            Telling("queue", (Who.STAFF,), "“{subject}” needs your review", "Requested by {actor} of {organization}.",
                    "Review", While.SUBMITTED),)),
        Verb("request.take_back", REQUESTS, "recalled the request", "A request was recalled"),
        Verb("request.withdraw", REQUESTS, "withdrew the request", "A request was withdrawn", (
            Telling("decision", (Who.REQUESTER,), "“{subject}” was withdrawn", "Withdrawn by {actor}.", REQUEST),)),
        Verb("request.approve", REQUESTS, "approved the request", "A request was approved", (
            Telling("decision", (Who.REQUESTER,), "“{subject}” was approved", "Approved by {actor}. {numbers} {note}",
                    REQUEST, While.ASKED),)),
        Verb("request.send_back", REQUESTS, "requested changes to the request", "Changes to a request were requested", (
            Telling("decision", (Who.REQUESTER,), "Changes requested: “{subject}”",
                    "Edit the request and send it again. {actor} wrote: {note}", REQUEST),)),
        Verb("request.reject", REQUESTS, "rejected the request", "A request was rejected", (
            Telling("decision", (Who.REQUESTER,), "“{subject}” was rejected", "Rejected by {actor}. {note}",
                    REQUEST),)),
        Verb("request.take_over", REQUESTS, "took over the request"),
        Verb("request.supersede", REQUESTS, "closed the superseded request", "A request was superseded", (
            Telling("decision", (Who.REQUESTER,), "“{subject}” was superseded",
                    "Its hub was retired in the meantime.", REQUEST),)),
        Verb("request.secret", REQUESTS, "set the secret"),
        Verb("request.comment", REQUESTS, "commented on the request", "A comment was added to a request", (
            Telling("comment", (Who.REQUESTER,), "{actor} commented on “{subject}”", "", REQUEST),)),
    ),
    "Hub status": (
        Verb("hub.ready", HUBS, "", "A hub became ready", (
            Telling("hub", (Who.MAKER,), "“{subject}” is ready", "People can sign in and work.", HUB, While.MADE),
            Telling("hub", (Who.MAKER, Who.STAFF), "“{subject}” works again", "People can sign in and work.", HUB,
                    While.MENDED),)),
        Verb("hub.stalled", HUBS, "", "A hub needs attention", (
            Telling("trouble", (Who.HUB_ADMINS, Who.ADMINS, Who.STAFF), "“{subject}” needs attention", "{note}", HUB,
                    While.STALLED),)),
        Verb("hub.unknown", HUBS, "", "The status of a hub is unknown, because its cluster does not answer"),
        Verb("hub.suspended", HUBS, "", "A hub is suspended"),
        Verb("hub.retired", HUBS, "", "A hub is retired"),
        Verb("hub.content", HUBS, "", "The repository of a hub could not be copied into home directories", (
            Telling("trouble", RUNS, "The repository of “{subject}” could not be copied into home directories",
                    "{note}", HUB),)),
    ),
    "Hub actions": (
        Verb("hub.create", HUBS, "created the hub", "A hub was approved and is being created"),
        Verb("hub.change", HUBS, "changed the hub", "A change to a hub was approved", (
            Telling("changes", RUNS, "{actor} changed “{subject}”", "{differences} {note}", HUB, While.ASKED),)),
        Verb("hub.begin", HUBS, "created the scheduled hub", "A hub was created on its first day"),
        Verb("hub.suspend", HUBS, "suspended the hub", "A hub is being suspended", (
            Telling("changes", RUNS, "{actor} suspended “{subject}”", "{note}", HUB, While.ASKED),)),
        Verb("hub.resume", HUBS, "resumed the hub", "A hub is being resumed", (
            Telling("changes", RUNS, "{actor} resumed “{subject}”", "{note}", HUB, While.ASKED),)),
        Verb("hub.retire", HUBS, "retired the hub", "A hub is being retired", (
            Telling("dates", (Who.MAKER, Who.ADMINS), "“{subject}” is retired", "{note}", HUB, While.DATES),
            Telling("changes", RUNS, "{actor} retired “{subject}”", "{note}", HUB, While.ASKED),)),
        Verb("hub.remind", HUBS, "sent a reminder about the last day of", "The last day of a hub is near", (
            Telling("dates", (Who.MAKER, Who.ADMINS), "“{subject}” ends soon", "{note}", "Extend the hub",
                    While.DATES, "hub-extend"),)),
        Verb("hub.end", HUBS, "suspended the expired hub", "The last day of a hub is over", (
            Telling("dates", (Who.MAKER, Who.ADMINS), "“{subject}” has ended", "{note}", "Extend the hub",
                    While.DATES, "hub-extend"),)),
        Verb("hub.retry", HUBS, "requested a retry for", "A retry was requested for a hub"),
        Verb("hub.restart", HUBS, "restarted the hub", "A hub was restarted"),
        Verb("hub.secrets", HUBS, "rotated secrets of the hub", "Secrets of a hub were rotated"),
        Verb("hub.start_server", HUBS, "started a server on", "A user’s server was started for them"),
        Verb("hub.stop_server", HUBS, "stopped a server on", "A user’s server was stopped"),
        Verb("hub.stop_servers", HUBS, "stopped all servers on", "All servers of a hub were stopped"),
        Verb("hub.pause", HUBS, "paused automatic repair of", "Staff paused automatic repair of a hub", (
            Telling("changes", RUNS, "Staff paused automatic repair of “{subject}”", "{note}", HUB),)),
        Verb("hub.unpause", HUBS, "resumed automatic repair of", "Staff resumed automatic repair of a hub", (
            Telling("changes", RUNS, "Staff resumed automatic repair of “{subject}”", "{note}", HUB),)),
        Verb("hub.code", HUBS, "changed the code (hub.extraConfig) of", "Staff changed the code of a hub", (
            Telling("changes", RUNS, "Staff changed the code of “{subject}”", "{note}", HUB),)),
        Verb("hub.delete_files", HUBS, "deleted the archived files of", "The archived files of a hub were deleted", (
            Telling("changes", RUNS, "The archived files of “{subject}” were deleted", "{note}", HUB),)),
        Verb("hub.starting_point", HUBS, "dismissed a newer version of the starting point of",
             "A newer version of a starting point was dismissed"),
        Verb("domain.add", HUBS, "added a custom domain to", "A custom domain was added"),
        Verb("domain.prove", HUBS, "verified the custom domain of", "A custom domain was verified"),
        Verb("domain.use", HUBS, "activated the custom domain of", "A custom domain was activated"),
        Verb("domain.warn", HUBS, "found a problem with the custom domain of",
             "The verification record of a custom domain is missing", (
            Telling("trouble", RUNS, "The custom domain of “{subject}” needs attention", "{note}",
                    "View custom domain", goes="hub-domain"),)),
        Verb("domain.lapse", HUBS, "deactivated the custom domain of", "A custom domain was deactivated", (
            Telling("trouble", RUNS, "The custom domain of “{subject}” was deactivated", "{note}",
                    "View custom domain", goes="hub-domain"),)),
        Verb("domain.remove", HUBS, "removed the custom domain of", "A custom domain was removed"),
        Verb("content_link.save", HUBS, "saved the content link", "A content link of a hub was saved"),
        Verb("content_link.remove", HUBS, "removed the content link", "A content link of a hub was removed"),
    ),
    "People and limits": (
        Verb("roster.add", PEOPLE, "granted access to", "People were given access to a hub", (
            Telling("people", (Who.CONCERNED,), "You now have access to “{subject}”",
                    "{actor} added you to the hub’s people list.", HUB),)),
        Verb("roster.role", PEOPLE, "changed the access of", "A person’s access to a hub changed"),
        Verb("roster.remove", PEOPLE, "removed access to", "People lost access to a hub"),
        Verb("limit.set", LIMITS, "set user limits for", "User limits were set"),
        Verb("limit.change", LIMITS, "changed user limits for", "User limits changed"),
        Verb("limit.ask", LIMITS, "requested higher user limits for", "Higher user limits were requested", (
            Telling("queue", (Who.STAFF,), "{actor} requests higher user limits for “{subject}”", "{note}", "Review",
                    goes="queue"),)),
        Verb("limit.allow", LIMITS, "approved higher user limits for", "Staff approved higher user limits", (
            Telling("limits", (Who.CONCERNED,), "Higher user limits for “{subject}” were approved",
                    "Approved by {actor}.", "Open user limits", goes="hub-limits"),)),
        Verb("limit.decline", LIMITS, "rejected higher user limits for", "Staff rejected higher user limits", (
            Telling("limits", (Who.CONCERNED,), "Higher user limits for “{subject}” were rejected",
                    "Rejected by {actor}. {note}", "Open user limits", goes="hub-limits"),)),
        Verb("limit.end", LIMITS, "ended user limits for", "User limits ended"),
        Verb("limit.run_out", LIMITS, "ended expired user limits for", "User limits expired"),
        Verb("limit.import", LIMITS, "imported user limits for", "User limits were imported from a file"),
        Verb("member.invite", PEOPLE, "invited", "A person was invited"),
        Verb("member.revoke", PEOPLE, "withdrew the invitation for", "An invitation was withdrawn"),
        Verb("member.join", PEOPLE, "joined", "A person joined the organisation", (
            Telling("people", (Who.ADMINS,), "{actor} joined {organization}", "Role: {role}.", "View people",
                    goes="people"),)),
        Verb("member.role", PEOPLE, "changed the role of", "A person’s role changed", (
            Telling("people", (Who.CONCERNED,), "Your role in {organization} is now {role}", "Changed by {actor}.",
                    "Open the organisation", goes="organization"),)),
        Verb("member.remove", PEOPLE, "removed the member", "A member was removed", (
            Telling("people", (Who.CONCERNED,), "You are no longer a member of {organization}", "Removed by {actor}.",
                    "View your hubs", goes="home"),)),
        Verb("member.take_over", PEOPLE, "took over the invitation for"),
    ),
    "Reminders": (
        Verb("remind.request", REQUESTS, "", "A request has waited long for review", (
            Telling("queue", (Who.STAFF,), "“{subject}” still needs review", "{note}", "Review", While.SUBMITTED),)),
        Verb("remind.draft", REQUESTS, "", "A draft was not sent", (
            Telling("draft", (Who.REQUESTER,), "You started “{subject}” but did not send it", "{note}",
                    "Continue editing", While.DRAFT),), personal=True),
        Verb("remind.stalled", HUBS, "", "A hub still needs attention", (
            Telling("trouble", (Who.HUB_ADMINS, Who.ADMINS, Who.STAFF), "“{subject}” still needs attention", "{note}",
                    HUB, While.STALLED),)),
        Verb("remind.limit", LIMITS, "", "A limit of the organisation is nearly reached", (
            Telling("limits", (Who.ADMINS,), "{organization} has nearly reached a limit", "{note}", "View usage",
                    goes="organization-limits"),)),
    ),
    "Organisation": (
        Verb("organization.create", ORGANIZATIONS, "created the organisation", "The organisation was created"),
        Verb("organization.limits", LIMITS, "changed the limits of", "The organisation’s limits changed", (
            Telling("limits", (Who.ADMINS,), "The limits of {organization} changed", "", "Open the limits",
                    goes="organization-limits"),)),
        Verb("organization.cluster", ORGANIZATIONS, "changed the cluster for new hubs of",
             "The cluster for new hubs changed"),
        Verb("organization.time_zone", ORGANIZATIONS, "changed the time zone of",
             "The organisation’s time zone changed"),
        Verb("registry.set", ORGANIZATIONS, "set the password for the registry",
             "The password for a registry was set"),
        Verb("registry.remove", ORGANIZATIONS, "removed the password for the registry",
             "The password for a registry was removed"),
        Verb("image.create", IMAGES, "added the catalogue image", "An image was added to the catalogue"),
        Verb("image.change", IMAGES, "changed the catalogue image", "An image in the catalogue changed"),
        Verb("image.withdraw", IMAGES, "withdrew the catalogue image", "An image was withdrawn from the catalogue"),
        Verb("image.offer", IMAGES, "restored the catalogue image", "An image was restored to the catalogue"),
        Verb("image.probe", IMAGES, "requested a test of the image"),
        Verb("webhook.create", WEBHOOKS, "created the webhook to"),
        Verb("webhook.change", WEBHOOKS, "changed the webhook to"),
        Verb("webhook.rotate", WEBHOOKS, "rotated the secret of the webhook to"),
        Verb("webhook.take_over", WEBHOOKS, "took over the webhook to"),
        Verb("webhook.pause", WEBHOOKS, "paused the webhook to"),
        Verb("webhook.paused", WEBHOOKS, "paused the failing webhook to",
             "A webhook was paused, because its deliveries failed", (
            Telling("trouble", (Who.ADMINS, Who.CONCERNED), "The webhook to {subject} is paused", "{note}",
                    "View webhooks", goes="webhooks"),)),
        Verb("webhook.resume", WEBHOOKS, "resumed the webhook to"),
        Verb("webhook.test", WEBHOOKS, "sent a test to the webhook"),
        Verb("webhook.resend", WEBHOOKS, "resent deliveries to the webhook"),
        Verb("webhook.remove", WEBHOOKS, "removed the webhook to"),
    ),
    "Not sent to subscribers": (
        Verb("account.create", ACCOUNTS, "signed up as"),
        Verb("account.email", ACCOUNTS, "changed the email address of", "The email address was changed", (
            Telling("security", (Who.ACCOUNT,), "Your email address was changed",
                    "Your sign-in provider sent a different address for you. {where} " + NOT_YOU, "Open your profile",
                    goes="profile"),), personal=True),
        Verb("account.name", ACCOUNTS, "changed their name to"),
        Verb("account.username", ACCOUNTS, "chose the user name"),
        Verb("account.password", ACCOUNTS, "changed the password of", "The password was changed", (
            Telling("security", (Who.ACCOUNT,), "Your password was changed", "{where} " + NOT_YOU, "Open your profile",
                    goes="profile"),), personal=True),
        Verb("account.sign_out", ACCOUNTS, "ended all sessions of"),
        Verb("account.close", ACCOUNTS, "closed the account of"),
        Verb("account.place", ACCOUNTS, "", "A sign-in from a new browser or network", (
            Telling("security", (Who.ACCOUNT,), "New sign-in to your account", "{note}. " + NOT_YOU,
                    "View your sign-ins", goes="profile"),), personal=True),
        Verb("account.notifications", ACCOUNTS, "changed the notification settings of"),
        Verb("account.calendar", ACCOUNTS, "created a secret calendar address for"),
        Verb("account.calendar_end", ACCOUNTS, "revoked the secret calendar address for"),
        Verb("account.staff", ACCOUNTS, "changed the staff rights of", "The staff rights changed", (
            Telling("security", (Who.ACCOUNT, Who.STAFF), "The staff rights of {subject} were changed",
                    "Staff can see every organisation and decide requests. If this was not expected, contact the "
                    "people who run this portal.", "Open your profile", goes="profile"),), personal=True),
        Verb("cluster.create", CLUSTERS, "added the cluster"),
        Verb("cluster.change", CLUSTERS, "changed the cluster"),
        Verb("cluster.credentials", CLUSTERS, "replaced the credentials of the cluster"),
        Verb("cluster.open", CLUSTERS, "allowed new hubs on the cluster"),
        Verb("cluster.close", CLUSTERS, "stopped new hubs on the cluster"),
        Verb("cluster.check", CLUSTERS, "checked the cluster"),
        Verb("cluster.delete", CLUSTERS, "removed the cluster"),
        Verb("starting_point.create", STARTING_POINTS, "created the starting point"),
        Verb("starting_point.publish", STARTING_POINTS, "published a version of the starting point"),
        Verb("starting_point.card", STARTING_POINTS, "changed the card of the starting point"),
        Verb("starting_point.withdraw", STARTING_POINTS, "withdrew the starting point"),
        Verb("starting_point.offer", STARTING_POINTS, "restored the starting point"),
        Verb("token.create", TOKENS, "created the token", "A token was created", (
            Telling("security", (Who.ACCOUNT,), "A token was created: “{subject}”",
                    "{acts} {where} " + REVOKE, "View your tokens",
                    While.BY_HAND, "tokens"),), personal=True),
        Verb("token.revoke", TOKENS, "revoked the token"),
        Verb("token.take_over", TOKENS, "took over the token"),
        Verb("device.allow", TOKENS, "authorised an app to get the token", "An app was authorised to get a token", (
            Telling("security", (Who.ACCOUNT,), "An app can act on your behalf: “{subject}”",
                    "It was authorised with a code. {where} " + REVOKE, "View your tokens",
                    goes="tokens"),), personal=True),
        Verb("device.deny", TOKENS, "denied an app the token"),
        Verb("service.create", TOKENS, "created the service account"),
        Verb("service.role", TOKENS, "changed the role of the service account"),
        Verb("service.remove", TOKENS, "removed the service account"),
    ),
}  # fmt: skip

VERBS = {row.name: row for rows in TABLE.values() for row in rows}
AUDITED = {name: row for name, row in VERBS.items() if row.did}
TELLS = [(row.name, line) for row in VERBS.values() for line in row.tells]


def described(name: str) -> Verb:
    """Return the row of a verb. A name that the table does not have (another version of the portal may have written it)
    gets a row that shows the name itself and notifies no one."""
    return VERBS.get(name, Verb(name, HUBS, name))


def verbs_of(group: str) -> tuple[str, ...]:
    """Return the audited verbs of a group, given the group's name."""
    return tuple(row.name for row in AUDITED.values() if row.group.name == group)
