"""Which guides there are, who reads them, and which part of them explains which page. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubs.language import lazy

PEOPLE, ADMINS, STAFF, OPERATORS, APPS = "people", "admins", "staff", "operators", "apps"


@dataclass(frozen=True)
class Guide:
    """docs/<slug>.md. `audience` is who reads it first; everyone may read all of them.

    `weight` counts in searches: tasks before technical guides, and these before tables to look things up in.
    """

    slug: str
    audience: str
    about: str
    weight: int = 2


GUIDES = (
    Guide("instructor", PEOPLE, lazy("Request a hub, change it, and manage its people, content and dates."), 3),
    Guide("org-admin", ADMINS, lazy("Manage an organisation: members, limits, images, webhooks and the audit log."), 3),
    Guide("staff", STAFF, lazy("Review requests, and operate hubs, clusters, starting points and images."), 3),
    Guide("operator", OPERATORS, lazy("Install, configure, monitor and back up the portal.")),
    Guide("kubernetes", OPERATORS, lazy("Prepare a cluster, install the portal in it, and upgrade.")),
    Guide("threat-model", OPERATORS, lazy("What the portal protects against, and what it does not."), 1),
    Guide("performance", OPERATORS, lazy("What was measured, and how to measure it again."), 1),
    Guide("automate", APPS, lazy("Create the hubs of a term from a file, with one command.")),
    Guide("cli", APPS, lazy("Every command of the hub command line."), 1),
    Guide("api", APPS, lazy("Tokens, lists, errors, and the first calls.")),
    Guide("webhooks", APPS, lazy("Receive events, check signatures, and handle failed deliveries.")),
    Guide("fields", PEOPLE, lazy("Every setting of a hub, with its default and its place in values.yaml."), 1),
    Guide("states", PEOPLE, lazy("The states of a request, and who can move it to another one."), 1),
    Guide("notifications", PEOPLE, lazy("What you are notified about, and how to turn it off."), 3),
)
BY_SLUG = {guide.slug: guide for guide in GUIDES}
TITLES = {
    PEOPLE: lazy("Hubs and requests"),
    ADMINS: lazy("Organisations"),
    STAFF: lazy("For staff"),
    OPERATORS: lazy("Operate the portal"),
    APPS: lazy("Command line and API"),
}

# A part of a guide, and the pages that it explains, by the name of their URL.
PAGES: dict[str, tuple[str, ...]] = {
    "instructor#request-a-hub": ("catalogue",),
    "instructor#fill-in-the-form": ("request-edit", "hub-change"),
    "instructor#send-the-request": ("request-review",),
    "instructor#follow-your-request": ("request-list", "request"),
    "instructor#your-hub": ("home", "hub"),
    "instructor#change-the-configuration": ("hub-configuration",),
    "instructor#people": ("hub-people", "hub-person"),
    "instructor#server-options": ("hub-profiles",),
    "instructor#activity-and-versions": ("hub-history",),
    "instructor#servers": ("hub-stop-server", "hub-stop-servers", "hub-start-server"),
    "instructor#logs": ("hub-logs",),
    "instructor#suspend-or-retire": ("hub-suspend", "hub-resume", "hub-retire"),
    "instructor#last-day": ("hub-extend",),
    "instructor#custom-domain": ("hub-domain", "hub-domain-remove"),
    "instructor#content": ("hub-content-link", "hub-content-link-qr", "hub-content-link-remove"),
    "instructor#copy-and-compare": ("hub-copy", "hub-compare"),
    "instructor#new-version-of-a-starting-point": ("hub-newer",),
    "instructor#import-a-hub": ("bring",),
    "instructor#export-a-hub": ("hub-take",),
    "instructor#your-account": (
        "profile", "choose-username", "sign-in", "signed-in", "sign-out-everywhere", "invitation",
    ),
    "notifications": ("inbox", "notification-choices", "mail-stop"),
    "org-admin#people": ("people", "invite", "member"),
    "org-admin#user-limits": (
        "hub-limits", "hub-limit-new", "hub-limit", "hub-limit-person", "hub-limit-file",
    ),
    "org-admin": ("organization-list", "organization"),
    "org-admin#limits": ("organization-limits",),
    "org-admin#images": ("organization-image-list", "organization-image-new", "organization-image-edit"),
    "org-admin#registries": ("registries", "registry-remove"),
    "org-admin#secrets-of-a-hub": ("hub-secrets",),
    "org-admin#service-accounts": ("service-accounts", "service-account"),
    "org-admin#webhooks": (
        "webhooks", "webhooks-new", "webhook", "webhook-change", "webhook-rotate", "webhook-remove", "webhook-delivery",
    ),
    "org-admin#first-and-last-days": ("organization-calendar", "organization-time-zone", "calendar-link"),
    "org-admin#audit": ("organization-audit", "organization-audit-record", "hub-audit", "hub-audit-record"),
    "api#tokens": ("tokens", "device"),
    "api#errors": ("problem",),
    "api": ("api-docs",),
    "staff#review-requests": ("queue", "request-decide", "request-plan"),
    "staff#hubs": ("staff-hubs",),
    "staff#one-hub": ("hub-objects", "hub-code", "hub-move", "hub-pause", "hub-delete-files"),
    "staff#clusters": (
        "cluster-list", "cluster-new", "cluster-new-machine", "cluster", "cluster-edit", "cluster-credentials",
        "cluster-delete",
    ),
    "staff#starting-points": (
        "starting-point-list", "starting-point-new", "starting-point", "starting-point-card", "starting-point-edit",
    ),
    "staff#images": ("image-list", "image-new", "image-edit"),
    "staff#organisations": ("organization-new", "organization-cluster"),
    "staff#webhooks": ("staff-webhooks", "staff-webhooks-new"),
    "staff#audit-and-sign-ins": ("audit", "audit-record", "audit-sign-ins"),
    "staff#email-templates": ("mail-gallery", "mail-sample"),
}  # fmt: skip
OF_PAGE = {page: part for part, pages in PAGES.items() for page in pages}
IN_QUEUE = {"request": "staff#review-requests"}  # pages that staff read for another purpose, from the queue


def for_reader(audiences: Sequence[str]) -> tuple[list[Guide], list[Guide]]:
    """Return the reader's own guides, in the order of `audiences`, and all others in the order of GUIDES."""
    mine = [guide for audience in audiences for guide in GUIDES if guide.audience == audience]
    return mine, [guide for guide in GUIDES if guide not in mine]
