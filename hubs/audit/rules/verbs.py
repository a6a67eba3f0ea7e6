"""The table of everything that can be done or happen: one row per verb, with the event that subscribers receive, and
who is notified. The words of the audit log are in .sentences and .labels. Pure.

The audit log and its filters, events, webhooks, inbox and emails, docs/webhooks.md and docs/notifications.md are all
made from it."""

from dataclasses import dataclass
from functools import cached_property

from hubs.language import lazy
from hubs.notify.rules.audience import NOT_YOU, REVOKE, Telling, While, Who
from hubs.text.sentences import english

from .sentences import SENTENCES


@dataclass(frozen=True)
class Group:
    """A group of verbs, to filter the audit log by."""

    name: str
    label: str


PEOPLE, HUBS = Group("people", lazy("People and access")), Group("hubs", lazy("Hubs"))
REQUESTS, LIMITS = Group("requests", lazy("Requests")), Group("limits", lazy("Limits"))
ORGANIZATIONS = Group("organizations", lazy("Organisations"))
ACCOUNTS, TOKENS = Group("accounts", lazy("Accounts and sign-in")), Group("tokens", lazy("Tokens and apps"))
STARTING_POINTS, IMAGES = Group("starting-points", lazy("Starting points")), Group("images", lazy("Images"))
CLUSTERS, WEBHOOKS = Group("clusters", lazy("Clusters")), Group("webhooks", lazy("Webhooks"))
GROUPS = (PEOPLE, HUBS, REQUESTS, LIMITS, ORGANIZATIONS, ACCOUNTS, TOKENS, STARTING_POINTS, IMAGES, CLUSTERS, WEBHOOKS)


@dataclass(frozen=True)
class Verb:
    """One row. `event` is the description that subscribers read; without one, no event is emitted. Webhooks never
    receive what is `personal`."""

    name: str
    group: Group
    event: str | None = None
    tells: tuple[Telling, ...] = ()
    personal: bool = False

    @property
    def sentence(self) -> str:
        """The sentence of an audit line, with places for {who} and {subject}."""
        return SENTENCES.get(self.name) or f"{{who}} {self.name} {{subject}}"

    @cached_property
    def did(self) -> str:
        """The English words between person and object, for the API and CSV files."""
        return english(self.sentence).removeprefix("{who} ").removesuffix(" {subject}")


@dataclass(frozen=True)
class Section:
    """Rows that subscribers see under one heading."""

    heading: str
    rows: tuple[Verb, ...]


REQUEST, HUB = lazy("Open the request"), lazy("Open the hub’s page")
RUNS, NOTE, QUOTE = (Who.HUB_ADMINS, Who.ADMINS), ("{note}",), ("{quoted}",)

# In this order, subscribers see the events.
TABLE: tuple[Section, ...] = (
    Section(lazy("Requests"), (
        Verb("request.start", REQUESTS),
        Verb("request.save", REQUESTS),
        Verb("request.submit", REQUESTS, lazy("A request was sent"), (
            Telling("queue", (Who.STAFF,), lazy("“{subject}” needs your review"),
                    (lazy("Requested by {actor} of {organization}."),), lazy("Review"), While.SUBMITTED),)),
        Verb("request.take_back", REQUESTS, lazy("A request was recalled")),
        Verb("request.withdraw", REQUESTS, lazy("A request was withdrawn"), (
            Telling("decision", (Who.REQUESTER,), lazy("“{subject}” was withdrawn"), (lazy("Withdrawn by {actor}."),),
                    REQUEST),)),
        Verb("request.approve", REQUESTS, lazy("A request was approved"), (
            Telling("decision", (Who.REQUESTER,), lazy("“{subject}” was approved"),
                    (lazy("Approved by {actor}."), "{numbers}", *QUOTE), REQUEST, While.ASKED),)),
        Verb("request.send_back", REQUESTS, lazy("Changes to a request were requested"), (
            Telling("decision", (Who.REQUESTER,), lazy("Changes requested: “{subject}”"),
                    (lazy("Edit the request and send it again. {actor} wrote: {note}"),), REQUEST),)),
        Verb("request.reject", REQUESTS, lazy("A request was rejected"), (
            Telling("decision", (Who.REQUESTER,), lazy("“{subject}” was rejected"),
                    (lazy("Rejected by {actor}."), *QUOTE), REQUEST),)),
        Verb("request.take_over", REQUESTS),
        Verb("request.supersede", REQUESTS, lazy("A request ended, because its hub was retired"), (
            Telling("decision", (Who.REQUESTER,), lazy("“{subject}” was superseded"),
                    (lazy("Its hub was retired in the meantime."),), REQUEST),)),
        Verb("request.secret", REQUESTS),
        Verb("request.comment", REQUESTS, lazy("A comment was added to a request"), (
            Telling("comment", (Who.REQUESTER,), lazy("{actor} commented on “{subject}”"), (), REQUEST),)),
    )),
    Section(lazy("Hub status"), (
        Verb("hub.ready", HUBS, lazy("A hub became ready"), (
            Telling("hub", (Who.MAKER,), lazy("“{subject}” is ready"), ("{entry}",), HUB,
                    While.MADE),
            Telling("hub", (Who.MAKER, Who.STAFF), lazy("“{subject}” works again"),
                    ("{entry}",), HUB, While.MENDED),)),
        Verb("hub.stalled", HUBS, lazy("A hub needs attention"), (
            Telling("trouble", (Who.HUB_ADMINS, Who.ADMINS, Who.STAFF), lazy("“{subject}” needs attention"), NOTE, HUB,
                    While.STALLED),)),
        Verb("hub.unknown", HUBS, lazy("The status of a hub is unknown, because its cluster does not answer")),
        Verb("hub.suspended", HUBS, lazy("A hub is suspended")),
        Verb("hub.retired", HUBS, lazy("A hub is retired")),
        Verb("hub.content", HUBS, lazy("The repository of a hub could not be copied into home directories"), (
            Telling("trouble", RUNS, lazy("The repository of “{subject}” could not be copied into home directories"),
                    NOTE, HUB),)),
    )),
    Section(lazy("Hub actions"), (
        Verb("hub.create", HUBS, lazy("A hub was approved and is being created")),
        Verb("hub.change", HUBS, lazy("A change to a hub was approved"), (
            Telling("changes", RUNS, lazy("{actor} changed “{subject}”"), ("{differences}", *QUOTE), HUB,
                    While.ASKED),)),
        Verb("hub.begin", HUBS, lazy("A hub was created on its first day")),
        Verb("hub.suspend", HUBS, lazy("A hub is being suspended"), (
            Telling("changes", RUNS, lazy("{actor} suspended “{subject}”"), QUOTE, HUB, While.ASKED),)),
        Verb("hub.resume", HUBS, lazy("A hub is being resumed"), (
            Telling("changes", RUNS, lazy("{actor} resumed “{subject}”"), QUOTE, HUB, While.ASKED),)),
        Verb("hub.retire", HUBS, lazy("A hub is being retired"), (
            Telling("dates", (Who.MAKER, Who.ADMINS), lazy("“{subject}” is retired"), NOTE, HUB, While.DATES),
            Telling("changes", RUNS, lazy("{actor} retired “{subject}”"), QUOTE, HUB, While.ASKED),)),
        Verb("hub.remind", HUBS, lazy("The last day of a hub is near"), (
            Telling("dates", (Who.MAKER, Who.ADMINS), lazy("“{subject}” ends soon"), NOTE, lazy("Extend the hub"),
                    While.DATES, "hub-extend"),)),
        Verb("hub.end", HUBS, lazy("The last day of a hub is over"), (
            Telling("dates", (Who.MAKER, Who.ADMINS), lazy("“{subject}” has ended"), NOTE, lazy("Extend the hub"),
                    While.DATES, "hub-extend"),)),
        Verb("hub.retry", HUBS, lazy("A retry was requested for a hub")),
        Verb("hub.restart", HUBS, lazy("A hub was restarted")),
        Verb("hub.secrets", HUBS, lazy("Secrets of a hub were rotated")),
        Verb("hub.start_server", HUBS, lazy("A user’s server was started for them")),
        Verb("hub.stop_server", HUBS, lazy("A user’s server was stopped")),
        Verb("hub.stop_servers", HUBS, lazy("All servers of a hub were stopped")),
        Verb("hub.pause", HUBS, lazy("Staff paused automatic repair of a hub"), (
            Telling("changes", RUNS, lazy("Staff paused automatic repair of “{subject}”"), QUOTE, HUB),)),
        Verb("hub.unpause", HUBS, lazy("Staff resumed automatic repair of a hub"), (
            Telling("changes", RUNS, lazy("Staff resumed automatic repair of “{subject}”"), QUOTE, HUB),)),
        Verb("hub.code", HUBS, lazy("Staff changed the code of a hub"), (
            Telling("changes", RUNS, lazy("Staff changed the code of “{subject}”"), QUOTE, HUB),)),
        Verb("hub.delete_files", HUBS, lazy("The archived files of a hub were deleted"), (
            Telling("changes", RUNS, lazy("The archived files of “{subject}” were deleted"), QUOTE, HUB),)),
        Verb("hub.starting_point", HUBS, lazy("The notice of a newer version of a starting point was dismissed")),
        Verb("domain.add", HUBS, lazy("A custom domain was added")),
        Verb("domain.prove", HUBS, lazy("A custom domain was verified")),
        Verb("domain.use", HUBS, lazy("A custom domain was activated")),
        Verb("domain.warn", HUBS, lazy("The verification record of a custom domain is missing"), (
            Telling("trouble", RUNS, lazy("The custom domain of “{subject}” needs attention"), NOTE,
                    lazy("View custom domain"), goes="hub-domain"),)),
        Verb("domain.lapse", HUBS, lazy("A custom domain was deactivated"), (
            Telling("trouble", RUNS, lazy("The custom domain of “{subject}” was deactivated"), NOTE,
                    lazy("View custom domain"), goes="hub-domain"),)),
        Verb("domain.remove", HUBS, lazy("A custom domain was removed")),
        Verb("content_link.save", HUBS, lazy("A content link of a hub was saved")),
        Verb("content_link.remove", HUBS, lazy("A content link of a hub was removed")),
    )),
    Section(lazy("People and limits"), (
        Verb("roster.add", PEOPLE, lazy("People were given access to a hub"), (
            Telling("people", (Who.CONCERNED,), lazy("You now have access to “{subject}”"),
                    (lazy("{actor} added you to the hub’s people list."),), HUB),)),
        Verb("roster.role", PEOPLE, lazy("A person’s access to a hub changed")),
        Verb("roster.remove", PEOPLE, lazy("People lost access to a hub")),
        Verb("limit.set", LIMITS, lazy("User limits were set")),
        Verb("limit.change", LIMITS, lazy("User limits changed")),
        Verb("limit.ask", LIMITS, lazy("Higher user limits were requested"), (
            Telling("queue", (Who.STAFF,), lazy("{actor} requests higher user limits for “{subject}”"), QUOTE,
                    lazy("Review"), goes="queue"),)),
        Verb("limit.allow", LIMITS, lazy("Staff approved higher user limits"), (
            Telling("limits", (Who.CONCERNED,), lazy("Higher user limits for “{subject}” were approved"),
                    (lazy("Approved by {actor}."),), lazy("Open user limits"), goes="hub-limits"),)),
        Verb("limit.decline", LIMITS, lazy("Staff rejected higher user limits"), (
            Telling("limits", (Who.CONCERNED,), lazy("Higher user limits for “{subject}” were rejected"),
                    (lazy("Rejected by {actor}."), *QUOTE), lazy("Open user limits"), goes="hub-limits"),)),
        Verb("limit.end", LIMITS, lazy("User limits ended")),
        Verb("limit.run_out", LIMITS, lazy("User limits expired")),
        Verb("limit.import", LIMITS, lazy("User limits were imported from a file")),
        Verb("member.invite", PEOPLE, lazy("A person was invited")),
        Verb("member.resend", PEOPLE, lazy("An invitation was sent again")),
        Verb("member.revoke", PEOPLE, lazy("An invitation was withdrawn")),
        Verb("member.join", PEOPLE, lazy("A person joined the organisation"), (
            Telling("people", (Who.ADMINS,), lazy("{actor} joined {organization}"), (lazy("Role: {role}."),),
                    lazy("View people"), goes="people"),)),
        Verb("member.role", PEOPLE, lazy("A person’s role changed"), (
            Telling("people", (Who.CONCERNED,), lazy("Your role in {organization} is now {role}"),
                    (lazy("Changed by {actor}."),), lazy("Open the organisation"), goes="organization"),)),
        Verb("member.remove", PEOPLE, lazy("A member was removed"), (
            Telling("people", (Who.CONCERNED,), lazy("You are no longer a member of {organization}"),
                    (lazy("Removed by {actor}."),), lazy("View your hubs"), goes="home"),)),
        Verb("member.take_over", PEOPLE),
    )),
    Section(lazy("Reminders"), (
        Verb("remind.request", REQUESTS, lazy("A request has waited long for review"), (
            Telling("queue", (Who.STAFF,), lazy("“{subject}” still needs review"), NOTE, lazy("Review"),
                    While.SUBMITTED),)),
        Verb("remind.draft", REQUESTS, lazy("A draft was not sent"), (
            Telling("draft", (Who.REQUESTER,), lazy("You started “{subject}” but did not send it"), NOTE,
                    lazy("Continue editing"), While.DRAFT),), personal=True),
        Verb("remind.stalled", HUBS, lazy("A hub still needs attention"), (
            Telling("trouble", (Who.HUB_ADMINS, Who.ADMINS, Who.STAFF), lazy("“{subject}” still needs attention"), NOTE,
                    HUB, While.STALLED),)),
        Verb("remind.limit", LIMITS, lazy("A limit of the organisation is nearly reached"), (
            Telling("limits", (Who.ADMINS,), lazy("{organization} has nearly reached a limit"), NOTE,
                    lazy("View usage"), goes="organization-limits"),)),
    )),
    Section(lazy("Organisation"), (
        Verb("organization.create", ORGANIZATIONS, lazy("The organisation was created")),
        Verb("organization.limits", LIMITS, lazy("The organisation’s limits changed"), (
            Telling("limits", (Who.ADMINS,), lazy("The limits of {organization} changed"), (), lazy("Open the limits"),
                    goes="organization-limits"),)),
        Verb("organization.cluster", ORGANIZATIONS, lazy("The cluster for new hubs changed")),
        Verb("organization.time_zone", ORGANIZATIONS, lazy("The organisation’s time zone changed")),
        Verb("registry.set", ORGANIZATIONS, lazy("The password for a registry was set")),
        Verb("registry.remove", ORGANIZATIONS, lazy("The password for a registry was removed")),
        Verb("image.create", IMAGES, lazy("An image was added to the catalogue")),
        Verb("image.change", IMAGES, lazy("An image in the catalogue changed")),
        Verb("image.withdraw", IMAGES, lazy("An image was withdrawn from the catalogue")),
        Verb("image.offer", IMAGES, lazy("An image was restored to the catalogue")),
        Verb("image.probe", IMAGES),
        Verb("webhook.create", WEBHOOKS),
        Verb("webhook.change", WEBHOOKS),
        Verb("webhook.rotate", WEBHOOKS),
        Verb("webhook.take_over", WEBHOOKS),
        Verb("webhook.pause", WEBHOOKS),
        Verb("webhook.paused", WEBHOOKS, lazy("A webhook was paused, because its deliveries failed"), (
            Telling("trouble", (Who.ADMINS, Who.CONCERNED), lazy("The webhook to {subject} is paused"), NOTE,
                    lazy("View webhooks"), goes="webhooks"),)),
        Verb("webhook.resume", WEBHOOKS),
        Verb("webhook.test", WEBHOOKS),
        Verb("webhook.resend", WEBHOOKS),
        Verb("webhook.remove", WEBHOOKS),
    )),
    Section(lazy("Not sent to subscribers"), (
        Verb("account.create", ACCOUNTS),
        Verb("account.email", ACCOUNTS, lazy("The email address was changed"), (
            Telling("security", (Who.ACCOUNT,), lazy("Your email address was changed"),
                    (lazy("Your sign-in provider sent a different address for you."), "{where}", NOT_YOU),
                    lazy("Open your profile"), goes="profile"),), personal=True),
        Verb("account.name", ACCOUNTS),
        Verb("account.language", ACCOUNTS),
        Verb("account.username", ACCOUNTS),
        Verb("account.password", ACCOUNTS, lazy("The password was changed"), (
            Telling("security", (Who.ACCOUNT,), lazy("Your password was changed"), ("{where}", NOT_YOU),
                    lazy("Open your profile"), goes="profile"),), personal=True),
        Verb("account.sign_out", ACCOUNTS),
        Verb("account.close", ACCOUNTS),
        Verb("account.place", ACCOUNTS, lazy("A sign-in from a new browser or network"), (
            Telling("security", (Who.ACCOUNT,), lazy("New sign-in to your account"), ("{note}.", NOT_YOU),
                    lazy("View your sign-ins"), goes="profile"),), personal=True),
        Verb("account.notifications", ACCOUNTS),
        Verb("account.calendar", ACCOUNTS),
        Verb("account.calendar_end", ACCOUNTS),
        Verb("account.staff", ACCOUNTS, lazy("The staff rights changed"), (
            Telling("security", (Who.ACCOUNT, Who.STAFF), lazy("The staff rights of {subject} were changed"),
                    (lazy("Staff can see every organisation and decide requests. If this was not expected, contact the "
                          "staff of this portal."),),
                    lazy("Open your profile"), goes="profile"),), personal=True),
        Verb("cluster.create", CLUSTERS),
        Verb("cluster.change", CLUSTERS),
        Verb("cluster.credentials", CLUSTERS),
        Verb("cluster.open", CLUSTERS),
        Verb("cluster.close", CLUSTERS),
        Verb("cluster.check", CLUSTERS),
        Verb("cluster.delete", CLUSTERS),
        Verb("starting_point.create", STARTING_POINTS),
        Verb("starting_point.publish", STARTING_POINTS),
        Verb("starting_point.card", STARTING_POINTS),
        Verb("starting_point.withdraw", STARTING_POINTS),
        Verb("starting_point.offer", STARTING_POINTS),
        Verb("token.create", TOKENS, lazy("A token was created"), (
            Telling("security", (Who.ACCOUNT,), lazy("A token was created: “{subject}”"), ("{acts}", "{where}", REVOKE),
                    lazy("View your tokens"), While.BY_HAND, "tokens"),), personal=True),
        Verb("token.revoke", TOKENS),
        Verb("token.take_over", TOKENS),
        Verb("device.allow", TOKENS, lazy("An app was authorised to get a token"), (
            Telling("security", (Who.ACCOUNT,), lazy("An app can act on your behalf: “{subject}”"),
                    (lazy("It was authorised with a code."), "{where}", REVOKE), lazy("View your tokens"),
                    goes="tokens"),), personal=True),
        Verb("device.deny", TOKENS),
        Verb("service.create", TOKENS),
        Verb("service.role", TOKENS),
        Verb("service.remove", TOKENS),
    )),
)  # fmt: skip

VERBS = {row.name: row for section in TABLE for row in section.rows}
AUDITED = {name: row for name, row in VERBS.items() if name in SENTENCES}  # the others are observed by workers
TELLS = [(row.name, line) for row in VERBS.values() for line in row.tells]


def described(name: str) -> Verb:
    """Return the row of a verb. A name that the table does not have (another version of the portal may have written it)
    gets a row that shows the name itself and notifies no one."""
    return VERBS.get(name, Verb(name, HUBS))


def verbs_of(group: str) -> tuple[str, ...]:
    """Return the audited verbs of a group, given the group's name."""
    return tuple(row.name for row in AUDITED.values() if row.group.name == group)
