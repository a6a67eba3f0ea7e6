"""The events that a webhook can receive, and what they are called."""

from hubs.audit.rules.verbs import TABLE, described
from hubs.language import _
from hubs.models.webhook import ALL

TEST = "webhook.test"
# Headings, and below each the types of events with their descriptions.
OFFERED = [
    (section.heading, found)
    for section in TABLE
    if (found := {row.name: row.event for row in section.rows if row.event is not None and not row.personal})
]
CHOICES = [ALL, *(kind for _heading, kinds in OFFERED for kind in kinds)]
NEVER_OF_ONE = ("organization.create",)  # happens before an organisation can have a webhook


def offered(*, of_one: bool) -> list[tuple[str, dict[str, str]]]:
    """Return the events that a webhook of one organisation, or of staff, can receive, by heading."""
    never = NEVER_OF_ONE if of_one else ()
    return [(group, {kind: words for kind, words in kinds.items() if kind not in never}) for group, kinds in OFFERED]


def words_of(kind: str) -> str:
    """Return what an event is called on pages."""
    return _("Test") if kind == TEST else described(kind).event or kind
