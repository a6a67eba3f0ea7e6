"""Find hubs and requests by name, and wait for them."""

import time
from typing import Any

from .client import Portal
from .problems import FAILED, LATE, NOT_FOUND, USAGE, Trouble
from .session import session
from .show import out

GONE = "retired"
DECIDED = ("approved", "rejected", "returned", "withdrawn", "superseded")
POLL = 2.0  # seconds between two polls when there is no stream


def hub(portal: Portal, name: str) -> dict[str, Any]:
    """Return a hub by ORGANISATION/ADDRESS, by its address if that is unique, or by its uid. Raise Trouble."""
    place, _, slug = name.rpartition("/")
    rows = [
        row
        for row in portal.rows("/api/v1/hubs/", q=slug, organization=place)
        if row["slug"] == slug and row["desiredState"] != GONE
    ]
    if len(rows) > 1:
        raise Trouble(f"Several hubs match: {', '.join(row['organization'] + '/' + slug for row in rows)}.", USAGE)
    if not rows and place:
        raise Trouble(f"There is no hub {name}, or you have no access to it.", NOT_FOUND)
    return dict(portal.get(f"/api/v1/hubs/{rows[0]['uid'] if rows else slug}/"))


def path_of(name: str) -> tuple[Portal, str]:
    """Return the portal of this session and the path of a hub in its API. Raise Trouble."""
    portal = session.portal()
    return portal, f"/api/v1/hubs/{hub(portal, name)['uid']}/"


def until_settled(portal: Portal, uid: str, seconds: float) -> dict[str, Any]:
    """Return the hub as soon as it is up to date. Raise Trouble if it is stalled, or after `seconds`."""
    end, said = time.monotonic() + seconds, ""
    path = f"/api/v1/hubs/{uid}/"
    while True:
        for row in _looks(portal, path, end):
            if row["status"] != said:
                said = row["status"]
                out.say(f"{row['slug']}: {said}")
            if said == "stalled":
                whole = portal.get(path)
                why = next(
                    (c["message"] for c in whole["conditions"] or [] if c["type"] == "Stalled"), "It makes no progress."
                )
                raise Trouble(f"{row['slug']} needs attention: {why}", FAILED)
            if said == "scheduled":
                return dict(portal.get(path))
            if row["generation"] == row["observedGeneration"] and said in ("ready", "suspended", GONE):
                return dict(portal.get(path))
            if time.monotonic() > end:
                raise Trouble(
                    f"{row['slug']} is still {said} after {seconds:g} s. The portal continues in the background.", LATE
                )


def _looks(portal: Portal, path: str, end: float) -> Any:
    """Yield the hub now and at each change; poll if there is no stream."""
    yield portal.get(path)
    yield from portal.events(f"{path}events/", max(1.0, min(20.0, end - time.monotonic())))
    yield portal.get(path)
    time.sleep(POLL)


def until_decided(portal: Portal, uid: str, seconds: float) -> dict[str, Any]:
    """Return the request as soon as it is decided. Raise Trouble after `seconds`."""
    end, told = time.monotonic() + seconds, False
    while True:
        row: dict[str, Any] = portal.get(f"/api/v1/requests/{uid}/")
        if row["state"] in DECIDED:
            return row
        if time.monotonic() > end:
            raise Trouble(f"The request is still waiting for {row['turn']} after {seconds:g} s.", LATE)
        if not told:
            out.say(f"The request is waiting for {row['turn']}.")
            told = True
        time.sleep(POLL)
