"""Translations of the sentences on hubs' own pages. A hub's process has no catalogues, so the portal sends them in all
languages with the hub's configuration, and the process chooses one for each visitor (hubside/common/languages.py)."""

import json
from functools import cache

from django.conf import settings

from hubs.language import lazy, speaking
from hubs.spec import offers

# As in hubside, which has them in English.
SENTENCES = (
    # pages/error.html, pages/page.html
    lazy("You are not on this hub’s people list yet"),
    lazy("You are not on the list of “{title}”. Ask a hub admin to add you, then sign in again."),
    lazy("Back to the portal"),
    lazy("Home"),
    lazy("Designed by {name}"),
    lazy("Operated by {name}"),
    lazy("Funded by {name}"),
    # sign-in
    lazy("Please sign in again."),
    lazy("Hub admins need the password for hub admins on their first visit."),
    # starts of servers
    lazy("You can run 1 server at the same time. Stop one of your servers first."),
    lazy("You can run {number} servers at the same time. Stop one of your servers first."),
    lazy("The start-up command failed with exit code {code}."),
    lazy("This hub can’t start another server at the moment: its limits are fully used."),
    lazy("This server requests more than this hub’s limits allow."),
    lazy("The cluster’s security rules do not allow this server."),
    lazy("The cluster did not start your server."),
    lazy("Try again in a few minutes. If this continues, contact the person who runs this hub."),
    lazy("(Message from Kubernetes: {message})"),
    lazy("This server’s configuration uses something that belongs to the hub itself ({object})."),
    lazy("a token of the cluster"),
    lazy("This server option sets “{name}”, which is not a setting of a server."),
    lazy("No server can use it. Ask the person who runs this hub to remove it."),
    *map(lazy, (offers.NOTHING, offers.NOT_YOURS, offers.GONE, offers.UNANSWERED, offers.UNFIT, offers.NAMELESS)),
    # local/proxy_pages/error.html
    lazy("One moment"),
    lazy("One moment: the hub is starting"),
    lazy(
        "This page reloads every few seconds and opens the hub automatically. Servers that are already running are not "
        "affected, and no saved work is lost."
    ),
    lazy("If this takes longer than a few minutes, see the hub’s page in the portal for the reason."),
)


@cache
def words() -> str:
    """Return words.json: language -> English sentence -> translation. It is the same in every language."""
    english = _in("en")
    found = {
        language: {key: said for key, said in zip(english, _in(language), strict=True) if said != key}
        for language, _name in settings.LANGUAGES
        if language != "en"
    }
    return json.dumps(found, ensure_ascii=False, indent=1)


def _in(language: str) -> list[str]:
    with speaking(language):
        return [str(sentence) for sentence in SENTENCES]
