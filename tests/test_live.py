"""The live stream with a real web process and a real Redis: in time, nothing lost, nothing for outsiders, no leaks."""

import asyncio
import contextlib
import re
import socket
import threading
import time

import httpx
import psutil
import pytest
import redis
from django.conf import settings as django_settings

from hubs import wake
from hubs.audit.services import events
from hubs.hub.services import hubs as services
from hubs.live import channel as live
from hubs.live import connecting
from hubs.models import RosterEntry, User
from hubs.requests.services import requests
from portal.asgi import Unread
from tests.stack.portal import Portal, until

pytestmark = pytest.mark.processes
A_SECOND = 1.0


class Reader:
    """An open page: reads a stream in a thread and remembers its lines with their times."""

    def __init__(self, client: httpx.Client, path: str, **headers: str) -> None:
        self.said: list[tuple[float, str]] = []
        self.status = 0
        self.ended = threading.Event()
        self._client, self._path, self._headers = client, path, headers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        until(lambda: self.status, f"{path} answers", 10)

    def _read(self) -> None:
        try:
            with self._client.stream("GET", self._path, headers=self._headers, timeout=60) as response:
                self.headers = response.headers
                self.status = response.status_code
                for line in response.iter_lines():
                    self.said.append((time.monotonic(), line))
                    if self._stop.is_set():
                        return
        except httpx.HTTPError:
            pass
        finally:
            self.ended.set()

    @property
    def changes(self) -> list[float]:
        return [at for at, line in self.said if line == "event: changed"]

    @property
    def last_id(self) -> str:
        return next(line.removeprefix("id: ") for _, line in reversed(self.said) if line.startswith("id: "))

    def open(self) -> "Reader":
        """Return when the stream has begun."""
        until(lambda: any(line.startswith("retry:") for _, line in self.said), "the stream begins", 10)
        return self


@pytest.fixture
def stack(transactional_db, tmp_path):
    portal = Portal(tmp_path)
    portal.start("redis", "web")
    yield portal
    portal.stop()


@pytest.fixture
def browse(stack, as_):
    """Return an HTTP client with a person's session: `browse(ines)`."""
    opened = []

    def sign_in(user: User | None) -> httpx.Client:
        cookies = {}
        if user:
            name = django_settings.SESSION_COOKIE_NAME
            cookies = {name: as_(user).cookies[name].value}
        client = httpx.Client(base_url=stack.url, cookies=cookies, trust_env=False)
        opened.append(client)
        return client

    yield sign_in
    for client in opened:
        client.close()


def test_a_change_made_by_another_process_arrives_within_a_second(stack, browse, ready_hub, ines):
    page = Reader(browse(ines), f"/live/hubs/{ready_hub.uid}/").open()
    assert page.headers["content-type"].startswith("text/event-stream")
    assert page.headers["cache-control"] == "no-store"
    before = time.monotonic()
    services.suspend(hub=ready_hub, by=ines)
    until(lambda: page.changes, "the page hears of it", 5)
    assert page.changes[0] - before < A_SECOND
    assert re.fullmatch(r"\d+-\d+", page.last_id)


def test_missed_changes_are_sent_at_once_and_only_once(stack, browse, ready_hub, ines):
    since = live.position()
    services.suspend(hub=ready_hub, by=ines)  # between rendering the page and opening its stream
    client = browse(ines)
    first = Reader(client, f"/live/hubs/{ready_hub.uid}/?since={since}").open()
    until(lambda: first.changes, "the change before the stream is told", 5)

    again = Reader(client, f"/live/hubs/{ready_hub.uid}/?since={since}", **{"Last-Event-ID": first.last_id}).open()
    services.resume(hub=ready_hub, by=ines)
    until(lambda: again.changes and len(first.changes) == 2, "both hear of the next one", 5)
    assert len(again.changes) == 1, "Last-Event-ID counts more than the address"


def test_an_invalid_position_is_ignored(stack, browse, ready_hub, ines):
    client, path = browse(ines), f"/live/hubs/{ready_hub.uid}/"
    for nonsense in ("x", "99999999999999999999999-1", "0-0%0d%0aevent:%20changed", "'"):
        page = Reader(client, f"{path}?since={nonsense}").open()
        assert page.status == 200
        assert not page.changes


def test_each_role_receives_the_changes_that_it_may_see(stack, browse, ready_hub, cast, river, lake):
    student = User.objects.create_user("student", "student@river.example.edu", email_verified=True)
    RosterEntry.objects.create(hub=ready_hub, email="student@river.example.edu")
    readers = {name: Reader(browse(user), "/live/hubs/").open() for name, user in {**cast, "student": student}.items()}
    assert Reader(browse(cast["zoe"]), f"/live/hubs/{ready_hub.uid}/").status == 404
    assert Reader(browse(None), f"/live/hubs/{ready_hub.uid}/").status == 302
    services.suspend(hub=ready_hub, by=cast["ines"])
    until(lambda: all(r.changes for name, r in readers.items() if name != "zoe"), "River and staff hear of it", 5)
    own = requests.begin(organization=lake, starting_point="class", by=cast["zoe"])
    live.publish(live.topics_of(request=own))
    until(lambda: readers["zoe"].changes and len(readers["stan"].changes) == 2, "Lake and staff hear of theirs", 5)
    heard = {name: len(reader.changes) for name, reader in readers.items()}
    assert heard == {"ada": 1, "omar": 1, "ines": 1, "mia": 1, "student": 1, "zoe": 1, "stan": 2}


def test_a_request_updates_its_own_page_the_list_and_its_hub(stack, browse, ready_hub, ines, mia, ada):
    row = requests.begin_change(
        reason="For the course.", hub=ready_hub, by=ines, values={"about.title": "Statistics 102"}
    )
    pages = [
        Reader(browse(ines), f"/live/requests/{row.uid}/").open(),
        Reader(browse(ines), "/live/requests/").open(),
        Reader(browse(ada), "/live/requests/").open(),
        Reader(browse(ines), f"/live/hubs/{ready_hub.uid}/").open(),
    ]
    assert Reader(browse(mia), f"/live/requests/{row.uid}/").status == 404
    requests.submit(request=row, by=ines)
    until(lambda: all(page.changes for page in pages), "all four hear of it", 5)


def test_without_redis_streams_end_and_pages_poll_and_then_they_come_back(stack, browse, ready_hub, ines):
    client, path = browse(ines), f"/live/hubs/{ready_hub.uid}/"
    page = Reader(client, path).open()
    stack.kill("redis", 15)
    gone = time.monotonic()
    assert page.ended.wait(5)
    assert time.monotonic() - gone < 2 * A_SECOND
    assert client.get(path).status_code == 503, "no stream opens that would stay silent"
    assert client.get(f"/hubs/{ready_hub.uid}/").status_code == 200, "pages that poll get their answer"
    before = time.monotonic()
    services.suspend(hub=ready_hub, by=ines)
    assert time.monotonic() - before < A_SECOND, "the service does not wait for an absent Redis"
    stack.start("redis")
    until(lambda: Reader(client, path).status == 200, "the stream comes back", 10)
    back = Reader(client, path).open()
    services.resume(hub=ready_hub, by=ines)
    until(lambda: back.changes, "and is live", 5)


def test_a_closed_page_leaves_nothing_behind(stack, browse, ready_hub, ines):
    def listening():
        with redis.Redis.from_url(stack.redis_url) as asks:
            return [c for c in asks.client_list() if c["cmd"].startswith("xread")]

    with browse(ines).stream("GET", f"/live/hubs/{ready_hub.uid}/", timeout=10) as response:
        assert next(response.iter_lines()).startswith("retry:")
        until(listening, "one reader for the page", 5)
    until(lambda: not listening(), "the reader goes when nobody listens", 20)
    stack.kill("web", 15)
    log = stack.log("web")
    assert "Task was destroyed" not in log
    assert "Traceback" not in log, log


@pytest.fixture
def silent_redis(settings):
    """A listener that accepts connections and never answers, like a Redis behind a broken network."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        yield
    connecting.breaker.reset()


def test_a_hanging_redis_slows_only_one_call(silent_redis):
    before = time.monotonic()
    live.publish(["staff"])
    first = time.monotonic()
    for _ in range(20):
        live.publish(["staff"])
        assert live.position() == ""
        assert wake.nudge(1) is False
    assert time.monotonic() - first < 0.2
    assert first - before < 2


def test_a_refused_connection_is_retried_at_once(settings, monkeypatch):
    monkeypatch.setattr(connecting.Breaker, "SLOW", 0)  # a busy machine, or the first call, which imports much
    live.publish(["staff"])  # nothing listens at conftest's address
    assert live.position() == ""
    events.nudge()
    wake.nudge(1)
    assert not connecting.breaker.open


def test_changes_missed_by_a_hanging_redis_are_sent_once_it_answers(stack, browse, ready_hub, ines, monkeypatch):
    page = Reader(browse(ines), f"/live/hubs/{ready_hub.uid}/").open()
    monkeypatch.setattr(connecting.Breaker, "PAUSE", 0.5)
    redis_process = psutil.Process(stack.running["redis"].pid)
    redis_process.suspend()
    try:
        services.suspend(hub=ready_hub, by=ines)  # waits for its deadline
        live.publish(["staff"])  # Redis is not called
    finally:
        redis_process.resume()
    until(lambda: page.changes, "the page hears of it", 10)
    heard = redis.Redis.from_url(stack.redis_url).xrevrange(live.STREAM, count=1)
    assert "staff" in str(heard)


def test_a_reader_that_never_reads_harms_nobody(stack, browse, ready_hub, ines):
    client, path = browse(ines), f"/live/hubs/{ready_hub.uid}/"
    name = django_settings.SESSION_COOKIE_NAME
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", httpx.URL(stack.url).port))
        asks = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {name}={client.cookies[name]}\r\n\r\n"
        deaf.sendall(asks.encode())
        page = Reader(client, path).open()
        for count in range(1, 31):
            live.publish([f"hub:{ready_hub.pk}"])
            until(lambda count=count: len(page.changes) >= count, "the page beside it hears of each", 5)
        deaf.settimeout(5)
        assert deaf.recv(12) == b"HTTP/1.1 200", "it was connected all the time"


def test_a_stream_without_a_reader_ends():
    """The reader's buffers are full: `send` never returns."""
    sent, closed = [], []

    async def endless():
        try:
            while True:
                yield b": still here\n\n"
        finally:
            closed.append(True)

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", scope["kind"])]})
        async with contextlib.aclosing(endless()) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})

    async def full(message):
        sent.append(message["type"])
        if len(sent) > 3:
            await asyncio.Event().wait()

    async def ask():
        scope = {"type": "http", "path": "/live/", "kind": b"text/event-stream"}
        await Unread(app, seconds=0.05)(scope, None, full)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ask())
    assert closed == [True]
    assert sent == ["http.response.start", *["http.response.body"] * 3]


@pytest.fixture
def redis_alone(tmp_path, settings):
    portal = Portal(tmp_path)
    portal.start("redis")
    yield
    portal.stop()


async def test_a_reader_may_leave_at_any_moment(redis_alone):
    """Also while the stream queries Redis for missed events, where a cancellation can get lost."""
    exchange = live.Exchange()

    async def read():
        async with contextlib.aclosing(exchange.stream(frozenset({"staff"}), since="1-0")) as events:
            async for _ in events:
                pass

    for moment in range(60):
        reader = asyncio.create_task(read())
        for _ in range(moment):
            await asyncio.sleep(0)
        reader.cancel()
        done, _ = await asyncio.wait([reader], timeout=5)
        assert done, f"it left after {moment} steps, and is still served"
    assert exchange.pages == 0
    while exchange._asking:
        await asyncio.sleep(0)
    exchange._asked = 0.0  # no page is about to connect, so the reader ends
    assert exchange._reader
    await asyncio.wait([exchange._reader], timeout=10)


async def test_the_newest_streams_of_a_person_stay_open(redis_alone):
    exchange = live.Exchange()
    many = [exchange.stream(frozenset({"staff"}), owner=1) for _ in range(live.MOST_STREAMS + 1)]
    others = [exchange.stream(frozenset({"staff"}), owner=owner) for owner in (2, None)]
    for stream in (*others, *many):
        assert (await anext(stream)).startswith("retry")
    with pytest.raises(StopAsyncIteration):
        await asyncio.wait_for(anext(many[0]), 5)
    assert exchange.pages == live.MOST_STREAMS + len(others), "streams of other people stay open"
    for stream in (*others, *many):
        await stream.aclose()
    assert exchange.pages == 0
