"""One question to a registry: the tag, its digest, its size, its age; or in plain words why not."""

import base64
import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache

from hubs.outbound import Answer, Door, Forbidden, Unanswered
from hubs.outbound.door import Question
from hubs.spec.image_names import TAG, ImageName

from . import manifests
from .manifests import ACCEPT, Strange

FOUND_SECONDS, LACKING_SECONDS = 300, 30  # how long an answer is kept
SUGGESTIONS = 4
AT_ONCE = 6  # images of one request that are asked for at the same time
CHALLENGE = re.compile(r'([a-zA-Z_]+)="([^"]*)"')


@dataclass(frozen=True)
class Credentials:
    """A user name and password of one registry. `stamp` tells two passwords apart without being one."""

    username: str
    password: str = field(repr=False)
    stamp: str = ""

    def header(self) -> str:
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class Report:
    """What became known of one image. `code` is one of:

    found; no-tag and no-image (certainly not there); private (there or not: it needs a password); refused (the
    password was not accepted); forbidden (an address that the portal does not ask); away (no answer now).
    """

    image: str
    code: str
    message: str = ""  # a sentence, when it was not found
    digest: str = ""
    size: int = 0  # bytes to fetch for one machine
    created: datetime | None = None
    moving: bool = False
    only_for: str = ""  # the kind of machine, when it is not the usual one
    similar: tuple[str, ...] = ()  # tags that there are

    @property
    def found(self) -> bool:
        return self.code == "found"

    @property
    def missing(self) -> bool:
        """Certainly not there."""
        return self.code in ("no-tag", "no-image")

    @property
    def private(self) -> bool:
        """Whether somebody has to give a password, or another one."""
        return self.code in ("private", "refused")

    @property
    def unknown(self) -> bool:
        """Whether nobody answered, so that it may well be there."""
        return self.code == "away"


@dataclass(frozen=True)
class Task:
    """An image to ask for, as whom."""

    name: ImageName
    credentials: Credentials | None = None

    @property
    def key(self) -> str:
        """Of the cache. What a password opened is told to those only who have the same one."""
        who = f"{self.credentials.username}\n{self.credentials.stamp}" if self.credentials else ""
        return "image:" + hashlib.sha256(f"{self.name}\n{who}".encode()).hexdigest()


def known(task: Task) -> Report | None:
    """What was found within the last minutes; asks nobody."""
    found: Report | None = cache.get(task.key)
    return found


def ask(task: Task, door: Door | None = None) -> Report:
    """Ask its registry, or remember. Takes four seconds at most, raises nothing."""
    if found := known(task):
        return found
    with (door or Door()).question() as question:
        report = _Conversation(question, task).report()
    cache.set(task.key, report, FOUND_SECONDS if report.found else LACKING_SECONDS)
    return report


def ask_many(tasks: Iterable[Task], door: Door | None = None) -> list[Report]:
    """Several at once, in their order."""
    rows = list(tasks)
    if len(rows) < 2:
        return [ask(row, door) for row in rows]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda row: ask(row, door), rows))


def try_password(host: str, credentials: Credentials, door: Door | None = None) -> tuple[bool | None, str]:
    """Does this registry take the password? (True or False, ""), or (None, why nobody knows)."""
    task = Task(ImageName(host, "library/none", "none"), credentials)
    with (door or Door()).question() as question:
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
    return (True, "") if answer.status == 200 else (None, f"{host} does not answer as registries do.")


class _Refused(Exception):
    """It wants to know who asks, and is not content."""


class _Conversation:
    """With one registry, about one repository."""

    def __init__(self, question: Question, task: Task) -> None:
        self.question, self.task, self.name = question, task, task.name
        self.authorization = ""
        host, _, port = self.name.api_host.partition(":")
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
            return Report(text, "away", f"{self.name.host} does not answer as registries do.")
        except _Refused:
            if self.task.credentials:
                words = (
                    f"{self.name.host} does not show this image to {self.task.credentials.username}, or there is none."
                )
                return Report(text, "refused", words)
            words = f"{self.name.host} shows no such image without a password: it is private, or there is none."
            return Report(text, "private", words)

    def get(self, url: str, accept: str = "", most_bytes: int = 1024 * 1024) -> Answer:
        headers = {"Accept": accept or "application/json"}
        if self.authorization:
            headers["Authorization"] = self.authorization
        return self.question.get(url, headers=headers, most_bytes=most_bytes)

    def _ask(self, path: str, accept: str = "") -> Answer:
        """One document of the repository, introducing ourselves when asked to. Raises _Refused, Unanswered."""
        url = f"{self.home}/{path}"
        answer = self.get(url, accept)
        if answer.status == 401 and not self.authorization:
            answer = self.proven(url, answer, accept)
        if answer.status in (401, 403):
            raise _Refused
        if answer.status == 429:
            raise Unanswered(f"{self.name.host} was asked too often and wants us to wait.")
        if answer.status >= 500:
            raise Unanswered(f"{self.name.host} has trouble of its own (error {answer.status}).")
        return answer

    def proven(self, url: str, answer: Answer, accept: str = "") -> Answer:
        """The same again with what the answer demands: a password, or a token (distribution's token specification)."""
        scheme, _, rest = answer.headers.get("www-authenticate", "").partition(" ")
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
            raise Unanswered(f"{self.name.host} gives out no tokens now.")
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
            return report  # its age is not worth an error
        if not only_for:
            only_for = manifests.machine(str(config.get("os", "linux")), str(config.get("architecture", "amd64")))
        return replace(report, created=manifests.created(config), only_for=only_for)

    def _document(self, answer: Answer) -> tuple[str, dict[str, Any]]:
        """(digest, what it says). Raises Strange for anything but the manifest that was asked for."""
        if answer.status != 200 or (self.name.by_digest and answer.digest != self.name.reference):
            raise Strange
        return answer.digest, manifests.document(answer.body)

    def _missing(self, answer: Answer) -> Report:
        """Which of the two is not there, and what is there instead."""
        codes = _codes(answer)
        if not codes:
            raise Strange  # a 404 of some web server
        try:
            there = self._ask("tags/list?n=1000")
            tags, none = _tags(there), there.status == 404
        except (Unanswered, _Refused):
            tags, none = [], False
        if none or "NAME_UNKNOWN" in codes:
            return Report(str(self.name), "no-image", f"{self.name.host} has no image {self.name.repository}.")
        if self.name.by_digest:
            return Report(
                str(self.name), "no-tag", f"{self.name.host}/{self.name.repository} has nothing of this digest."
            )
        similar = difflib.get_close_matches(self.name.reference, tags, SUGGESTIONS, 0.3) or tags[-SUGGESTIONS:]
        words = f"{self.name.host}/{self.name.repository} has no tag {self.name.reference}."
        return Report(str(self.name), "no-tag", words, similar=tuple(similar))


def _codes(answer: Answer) -> set[str]:
    """The registry's own words for what is wrong."""
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
