"""Forward reports of people's servers about the repository for every home to the portal, in a hub's own process. Loaded
by `jupyterhub`: not a module of the portal.

Anyone with the token of a server can send anything here. The person is taken from the token, never from the body; size
and number are limited, and nothing is stored. The portal interprets the text (hubs.content.rules.clone_words).
"""

import json
import time
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Any

from jupyterhub import orm  # type: ignore[import-untyped]
from jupyterhub.apihandlers import default_handlers  # type: ignore[import-untyped]
from jupyterhub.apihandlers.base import APIHandler  # type: ignore[import-untyped]
from tornado import web

LARGEST = 16 * 1024  # bytes of a report: 2,000 characters as JSON
MOST, WINDOW = 6, 60.0  # reports per person, in this number of seconds
MOST_PEOPLE = 5000  # for whom reports are counted


def words_of(values: Any) -> list[str]:
    """Return [repository, branch, folder] that this hub's servers fetch; [] if there is none."""
    found = values
    for step in ("singleuser", "lifecycleHooks", "postStart", "exec", "command"):
        found = found.get(step) if isinstance(found, dict) else None
    ours = isinstance(found, list) and len(found) == 7 and found[3] == "content"
    return [str(word) for word in found[4:]] if ours else []


def report_in(body: bytes) -> tuple[int, str]:
    """Return (exit status, git's output) of a server's report. Raise ValueError if it is invalid."""
    if len(body) > LARGEST:
        raise ValueError("it is too long")
    said = json.loads(body)
    status, text = (said.get("status"), said.get("said")) if isinstance(said, dict) else (None, None)
    if type(status) is not int or not 0 <= status <= 255 or not isinstance(text, str):
        raise ValueError("it has no status or no text")
    return status, text


class Brake:
    """A rate limit for reports per person."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, person: str) -> bool:
        now = time.monotonic()
        times = self._seen.setdefault(person, deque())
        self._seen.move_to_end(person)
        while len(self._seen) > MOST_PEOPLE:
            self._seen.popitem(last=False)
        while times and times[0] <= now - WINDOW:
            times.popleft()
        if len(times) >= MOST:
            return False
        times.append(now)
        return True


class MaterialHandler(APIHandler):
    """POST {"status", "said"} with the token of the person's server. 503: the portal is unavailable, retry later."""

    portal: Any = None  # user_limits.Portal
    words: Sequence[str] = ()
    brake = Brake()

    async def post(self) -> None:
        person = self.current_user
        # A server also has tokens of its visitors; only its own token, which is its owner's, has this scope.
        if person is None or isinstance(person, orm.Service) or "users:activity" not in self.parsed_scopes:
            raise web.HTTPError(403)
        if not self.words or self.portal is None:
            raise web.HTTPError(404)
        try:
            status, said = report_in(self.request.body)
        except (ValueError, RecursionError) as error:
            raise web.HTTPError(400, f"This is not a valid report: {error}") from None
        if not self.brake.allows(person.name):
            raise web.HTTPError(429)
        report = {"user": person.name, "status": status, "said": said, "content": list(self.words)}
        self.set_status(202 if await self.portal.report(report, self.log) else 503)


def take_reports(portal: Any, values: Any) -> None:
    """Add the handler to JupyterHub if the hub has a portal and fetches a repository. JupyterHub's trait for extra
    handlers is deprecated, and code that staff add may set it."""
    words = words_of(values)
    if portal is not None and words:
        MaterialHandler.portal, MaterialHandler.words = portal, words
        default_handlers.append((r"/api/material", MaterialHandler))
