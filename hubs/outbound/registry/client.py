"""The registry client: returns an image's digest, size and age, or a sentence about why it was not found."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache

from hubs.language import _, speaking, spoken
from hubs.outbound import Answer, Forbidden, OutboundClient, Unanswered
from hubs.outbound.client import Question
from hubs.spec.image_names import TAG, ImageName

from . import manifests
from .manifests import ACCEPT, Strange
from .tasks import Credentials, Report, Task

FOUND_SECONDS, LACKING_SECONDS = 300, 30  # how long a result is cached
SUGGESTIONS = 4
AT_ONCE = 6  # images of one request that are checked concurrently
CHALLENGE = re.compile(r'([a-zA-Z_]+)="([^"]*)"')


def known(task: Task) -> Report | None:
    """Return the cached result, or None. Sends no request."""
    found: dict[str, Report] = cache.get_many([task.key, task.key_of_words])
    return found.get(task.key) or found.get(task.key_of_words)


def ask(task: Task, door: OutboundClient | None = None) -> Report:
    """Return the result for an image, from its registry or the cache. Takes at most four seconds, never raises."""
    if found := known(task):
        return found
    with (door or OutboundClient()).question() as question:
        report = _Conversation(question, task).report()
    if report.found:
        cache.set(task.key, report, FOUND_SECONDS)
    else:
        cache.set(task.key_of_words, report, LACKING_SECONDS)
    return report


def ask_many(tasks: Iterable[Task], door: OutboundClient | None = None) -> list[Report]:
    """Return the results for several images, in their order."""
    rows = list(tasks)
    if len(rows) < 2:
        return [ask(row, door) for row in rows]
    language = spoken()  # of this thread

    def asked(row: Task) -> Report:
        with speaking(language):
            return ask(row, door)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(asked, rows))


def try_password(host: str, credentials: Credentials, door: OutboundClient | None = None) -> tuple[bool | None, str]:
    """Return whether this registry accepts the password: (True or False, ""), or (None, why it is unknown)."""
    task = Task(ImageName(host, "library/none", "none"), credentials)
    with (door or OutboundClient()).question() as question:
        talk = _Conversation(question, task)
        try:
            answer = talk.get(f"{talk.base}/v2/")
            answer = talk.proven(f"{talk.base}/v2/", answer) if answer.status == 401 else answer
        except (Forbidden, Unanswered) as error:
            return None, error.message
        except (_Refused, Strange):
            return False, ""
    if answer.status in (401, 403):
        return False, ""
    return (True, "") if answer.status == 200 else (None, _no_registry(host))


def _no_registry(host: str) -> str:
    return _("{host} does not respond like a container registry.", host=host)


class _Refused(Exception):
    """The registry requires authentication and does not accept it."""


class _Conversation:
    """Requests to one registry about one repository."""

    def __init__(self, question: Question, task: Task) -> None:
        self.question, self.task, self.name = question, task, task.name
        self.authorization = ""
        host, _colon, port = self.name.api_host.partition(":")
        self.base = f"{question.door.scheme(host, int(port or 0))}://{self.name.api_host}"
        self.home = f"{self.base}/v2/{self.name.repository}"

    def report(self) -> Report:
        text = str(self.name)
        try:
            return self._look()
        except Forbidden as error:
            return Report(text, "forbidden", error.message)
        except Unanswered as error:
            return Report(text, "away", error.message)
        except Strange:
            return Report(text, "away", _no_registry(self.name.host))
        except _Refused:
            if self.task.credentials:
                words = _(
                    "The image does not exist, or {username} has no access to it on {host}.",
                    username=self.task.credentials.username, host=self.name.host,
                )  # fmt: skip
                return Report(text, "refused", words)
            words = _(
                "The image on {host} is private or does not exist. A private image needs a password.",
                host=self.name.host,
            )
            return Report(text, "private", words)

    def get(self, url: str, accept: str = "", most_bytes: int = 1024 * 1024) -> Answer:
        headers = {"Accept": accept or "application/json"}
        if self.authorization:
            headers["Authorization"] = self.authorization
        return self.question.get(url, headers=headers, most_bytes=most_bytes)

    def _ask(self, path: str, accept: str = "") -> Answer:
        """Return one document of the repository, authenticating if required. Raise _Refused, Unanswered."""
        url = f"{self.home}/{path}"
        answer = self.get(url, accept)
        if answer.status == 401 and not self.authorization:
            answer = self.proven(url, answer, accept)
        if answer.status in (401, 403):
            raise _Refused
        if answer.status == 429:
            raise Unanswered(_("{host} has received too many requests. Try again later.", host=self.name.host))
        if answer.status >= 500:
            said = _("{host} has an internal error ({status}).", host=self.name.host, status=answer.status)
            raise Unanswered(said)
        return answer

    def proven(self, url: str, answer: Answer, accept: str = "") -> Answer:
        """Repeat the request with the required authentication: a password, or a token (distribution's token
        specification)."""
        scheme, _space, rest = answer.headers.get("www-authenticate", "").partition(" ")
        credentials = self.task.credentials
        if scheme.lower() == "basic" and credentials:
            self.authorization = credentials.header()
        elif scheme.lower() == "bearer":
            self.authorization = f"Bearer {self._token(dict(CHALLENGE.findall(rest)))}"
        else:
            raise _Refused
        return self.get(url, accept)

    def _token(self, told: Mapping[str, str]) -> str:
        if not told.get("realm"):
            raise Strange
        query = {"service": told.get("service", ""), "scope": f"repository:{self.name.repository}:pull"}
        separator = "&" if "?" in told["realm"] else "?"
        credentials = self.task.credentials
        headers = {"Authorization": credentials.header()} if credentials else {}
        answer = self.question.get(f"{told['realm']}{separator}{urlencode(query)}", headers=headers)
        if answer.status in (400, 401, 403, 404):
            raise _Refused
        if answer.status != 200:
            raise Unanswered(_("{host} does not issue tokens at the moment.", host=self.name.host))
        data = manifests.document(answer.body)
        token = data.get("token") or data.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise Strange
        return token

    def _look(self) -> Report:
        answer = self._ask(f"manifests/{self.name.reference}", ACCEPT)
        if answer.status == 404:
            return self._missing(answer)
        digest, data = self._document(answer)
        only_for = ""
        if manifests.is_index(data):
            chosen, only_for = manifests.choose(data)
            inner = self._ask(f"manifests/{chosen}", ACCEPT)
            if inner.status != 200 or inner.digest != chosen:
                raise Strange
            data = manifests.document(inner.body)
        one = manifests.manifest(data)
        report = Report(str(self.name), "found", "", digest, one.size, None, self.name.moving, only_for)
        try:
            answer = self._ask(f"blobs/{one.config}")
            if answer.digest != one.config:
                return report
            config = manifests.document(answer.body)
        except (Unanswered, Forbidden, Strange, _Refused):
            return report  # the age is optional
        if not only_for:
            only_for = manifests.machine(str(config.get("os", "linux")), str(config.get("architecture", "amd64")))
        return replace(report, created=manifests.created(config), only_for=only_for)

    def _document(self, answer: Answer) -> tuple[str, dict[str, Any]]:
        """Return (digest, content). Raise Strange for anything but the requested manifest."""
        if answer.status != 200 or (self.name.by_digest and answer.digest != self.name.reference):
            raise Strange
        return answer.digest, manifests.document(answer.body)

    def _missing(self, answer: Answer) -> Report:
        """Return whether the image or the tag does not exist, with similar tags."""
        codes = _codes(answer)
        if not codes:
            raise Strange  # a 404 of a web server that is not a registry
        try:
            there = self._ask("tags/list?n=1000")
            tags, none = _tags(there), there.status == 404
        except (Unanswered, _Refused):
            tags, none = [], False
        if none or "NAME_UNKNOWN" in codes:
            words = _("{host} has no image {repository}.", host=self.name.host, repository=self.name.repository)
            return Report(str(self.name), "no-image", words)
        repository = f"{self.name.host}/{self.name.repository}"
        if self.name.by_digest:
            words = _("{repository} has no image with this digest.", repository=repository)
            return Report(str(self.name), "no-tag", words)
        similar = difflib.get_close_matches(self.name.reference, tags, SUGGESTIONS, 0.3) or tags[-SUGGESTIONS:]
        words = _("{repository} has no tag {tag}.", repository=repository, tag=self.name.reference)
        return Report(str(self.name), "no-tag", words, similar=tuple(similar))


def _codes(answer: Answer) -> set[str]:
    """Return the registry's error codes."""
    try:
        rows = json.loads(answer.body).get("errors")
        return {str(row["code"]) for row in rows}
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        return set()


def _tags(answer: Answer) -> list[str]:
    try:
        rows = manifests.document(answer.body).get("tags")
    except Strange:
        return []
    rows = rows if isinstance(rows, list) else []
    return [tag for tag in rows if isinstance(tag, str) and TAG.fullmatch(tag) and not tag.startswith("sha256-")]
