"""Calls to the portal's API, with retries. Every failure raises Trouble."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx

from . import VERSION
from .problems import AWAY, SIGN_IN, Trouble, of_answer

TRIES = 4  # in total, when the portal is busy or briefly unavailable
LONGEST = 30.0  # seconds that one Retry-After can request
PATIENT = (429, 503)


class Portal:
    """One portal. `token` can be empty for endpoints that need none."""

    def __init__(self, url: str, token: str = "", *, seconds: float = 30.0) -> None:
        self.url, self.token = url, token
        headers = {"User-Agent": f"hubportal/{VERSION}", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.http = httpx.Client(base_url=url, headers=headers, timeout=httpx.Timeout(seconds, connect=10.0))

    def send(
        self, method: str, path: str, *, body: Any = None, query: dict[str, Any] | None = None, tag: str = "",
        content: tuple[str, bytes] | None = None, form: dict[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        """Return a response with a status below 400, or with any status if `form` is given. A POST has an
        Idempotency-Key, so that it can be sent again, too. Raise Trouble."""
        path = self._here(path)
        headers = {"If-Match": tag} if tag else {}
        if method == "POST" and form is None:
            headers["Idempotency-Key"] = uuid.uuid4().hex
        options: dict[str, Any] = {}
        if asked := {name: value for name, value in (query or {}).items() if value}:
            options["params"] = asked  # an empty query would remove the query of the path
        if content:
            headers["Content-Type"], options["content"] = content
        elif form is not None:
            options["data"] = form
        elif body is not None:
            options["json"] = body
        for number in range(1, TRIES + 1):
            try:
                answer = self.http.request(method, path, headers=headers, **options)
            except httpx.HTTPError as error:
                if number == TRIES or form is not None:
                    raise Trouble(f"{self.url} is not responding ({type(error).__name__}).", AWAY) from None
                time.sleep(0.25 * 2**number)
                continue
            if answer.status_code not in PATIENT or number == TRIES:
                break
            time.sleep(_wait(answer))
        if answer.status_code >= 400 and form is None:
            raise self._trouble(answer)
        if answer.is_redirect:
            raise Trouble(f"{self.url} redirects to {answer.headers.get('Location')}. Use that address.", AWAY)
        return answer

    def _here(self, path: str) -> str:
        """Return the path of an address at this portal. Raise Trouble for another host: the token must not go there."""
        if path.startswith(f"{self.url}/"):
            return path.removeprefix(self.url)
        try:
            elsewhere = httpx.URL(path).is_absolute_url
        except httpx.InvalidURL:
            elsewhere = True
        if elsewhere:
            raise Trouble(f"This is not a path at {self.url}. Example: /api/v1/hubs/", 2)
        return path

    def _trouble(self, answer: httpx.Response) -> Trouble:
        trouble = of_answer(answer.status_code, _json(answer))
        if trouble.code == SIGN_IN:
            trouble.lines.append(f"Log in: hubportal login {self.url}")
        return trouble

    def get(self, path: str, **query: Any) -> Any:
        return _json(self.send("GET", path, query=query))

    def post(self, path: str, body: Any = None, *, tag: str = "") -> Any:
        return _json(self.send("POST", path, body=body, tag=tag))

    def form(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        """Return an OAuth endpoint's JSON response to a form, also an error. Raise Trouble if it is not a portal's."""
        answer = self.send("POST", path, form=form)
        said = _json(answer)
        if not isinstance(said, dict):
            raise Trouble(f"{self.url} does not respond like a portal (status {answer.status_code}).", AWAY)
        return said

    def rows(self, path: str, most: int = 0, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the rows of a list, page by page; at most `most` rows if it is given. Raise Trouble."""
        found, page = 0, self.get(path, limit=min(most, 200) if most else 200, **query)
        while True:
            for row in page["results"]:
                yield row
                found += 1
                if found == most:
                    return
            if not page["next"]:
                return
            # Only the query is used: the token goes to no other host, whatever the response contains.
            page = self.get(f"{path}?{httpx.URL(page['next']).query.decode('ascii')}")

    def events(self, path: str, seconds: float) -> Iterator[dict[str, Any]]:
        """Yield the data of Server-Sent Events until the stream ends or is silent for `seconds`."""
        timeout = httpx.Timeout(seconds, connect=10.0)
        try:
            with self.http.stream("GET", path, headers={"Accept": "text/event-stream"}, timeout=timeout) as stream:
                if stream.status_code != 200:
                    return
                for line in stream.iter_lines():
                    if line.startswith("data: "):
                        yield json.loads(line.removeprefix("data: "))
        except (httpx.HTTPError, ValueError):
            return


def _wait(answer: httpx.Response) -> float:
    try:
        return min(max(float(answer.headers.get("Retry-After", "1")), 0.1), LONGEST)
    except ValueError:
        return 1.0


def _json(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        if answer.status_code >= 400:
            return None
        raise Trouble("The response can’t be read. Check that this is the address of a portal.", AWAY) from None
