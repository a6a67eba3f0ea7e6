"""1,000 streams on one web process: the delay of an event, and the memory of a stream. `python -m bench.streams`.

Pages (which only get a signal to reload) and apps (the API's stream, which sends the row), each kind alone on a new
portal, with three more readers that never read a byte. For comparison, in the same run: the time of the same event
through Redis alone, from XADD to a blocked XREAD.
"""

import asyncio
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
from typing import Any

import psutil
import redis

from bench import stack, table, world
from bench.memory import token_of
from bench.pages import cookies

STREAMS, FIRST, EVENTS, DEAF = 1000, 50, 20, 3
TOLD = (b"event: changed", b"event: status")


def _head(port: int, path: str, who: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n{who}\r\n\r\n".encode()


def deaf(port: int, path: str, who: str) -> socket.socket:
    """Return a connection that sends a request and never reads."""
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)  # bytes; must be set before connecting
    asking.connect(("127.0.0.1", port))
    asking.sendall(_head(port, path, who))
    return asking


async def listen(port: int, path: str, who: str, heard: list[float], opened: asyncio.Event) -> None:
    """Read one stream and record the time of each event, until it is cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_head(port, path, who))
    try:
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"{path} returned {status!r}")
        async for line in reader:
            if line.startswith(b"retry:"):
                opened.set()
            elif line.startswith(TOLD):
                heard.append(time.perf_counter())
    finally:
        writer.close()


async def measure(portal: stack.Stack, hub: Any, path: str, who: str) -> tuple[list[float], list[int], int]:
    """Return (delays in seconds, resident bytes of the web process with FIRST streams and with all, its threads)."""
    from hubs.live import channel as live

    web = psutil.Process(portal.running["web"].pid)
    heard: list[float] = []
    tasks: list[asyncio.Task[None]] = []
    sizes: list[int] = []
    delays: list[float] = []
    for most in (FIRST, STREAMS):
        while len(tasks) < most:
            opened = [asyncio.Event() for _ in range(min(10, most - len(tasks)))]
            tasks += [asyncio.create_task(listen(portal.port, path, who, heard, one)) for one in opened]
            await asyncio.wait_for(asyncio.gather(*(one.wait() for one in opened)), 60)
        heard.clear()
        await asyncio.to_thread(live.publish, [f"hub:{hub.pk}"])
        await _all_heard(heard, most)
        sizes.append(web.memory_info().rss)
    quiet = [deaf(portal.port, path, who) for _ in range(DEAF)]
    for _ in range(EVENTS):
        heard.clear()
        begin = time.perf_counter()
        await asyncio.to_thread(live.publish, [f"hub:{hub.pk}"])
        await _all_heard(heard, STREAMS)
        delays += [at - begin for at in heard]
    threads = web.num_threads()
    for one in quiet:
        one.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return delays, sizes, threads


async def _all_heard(heard: list[float], count: int) -> None:
    end = time.perf_counter() + 30
    while len(heard) < count:
        if time.perf_counter() > end:
            raise TimeoutError(f"{len(heard)} of {count} streams received the event")
        await asyncio.sleep(0.005)


def through_redis(url: str) -> list[float]:
    """Return the delays, in seconds, of EVENTS events to one reader without the portal."""
    delays: list[float] = []
    writing, reading = redis.Redis.from_url(url), redis.Redis.from_url(url)
    for _ in range(EVENTS):
        ready = threading.Barrier(2)
        got: list[float] = []

        def read(ready: threading.Barrier = ready, got: list[float] = got) -> None:
            ready.wait()
            reading.xread({"bench": "$"}, block=5000)
            got.append(time.perf_counter())

        thread = threading.Thread(target=read)
        thread.start()
        ready.wait()
        time.sleep(0.05)  # until the reader is blocked
        begin = time.perf_counter()
        writing.xadd("bench", {"topics": "[]"})
        thread.join()
        delays.append(got[0] - begin)
    return delays


def main(kind: str) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with stack.portal("web") as portal:
        made = world.make()
        hub, ines = made["hub"], made["ines"]
        if kind == "pages":
            path, who = f"/live/hubs/{hub.uid}/", "; ".join(f"{k}={v}" for k, v in cookies(ines).items())
            who = f"Cookie: {who}"
        else:
            path, who = f"/api/v1/hubs/{hub.uid}/events/", f"Authorization: Bearer {token_of(ines, 'read')}"
        bare = through_redis(portal.env["REDIS_URL"])
        delays, sizes, threads = asyncio.run(measure(portal, hub, path, who))
    rows = [
        [name, f"{statistics.median(d) * 1000:.1f} ms", f"{table.share(d, 0.99) * 1000:.1f} ms"]
        for name, d in (("Redis alone, one reader", bare), (f"to {STREAMS:,} {kind}, {DEAF} more never read", delays))
    ]
    table.show(f"{EVENTS} events", ["", "median", "99 %"], rows)
    print(f"  {kind} / Redis alone: {statistics.median(delays) / statistics.median(bare):.1f}")
    each = (sizes[1] - sizes[0]) / (STREAMS - FIRST) / 1024
    print(
        f"  memory: {each:.0f} KiB per stream, {sizes[1] / 2**20:.0f} MiB with all of them; {threads} threads\n",
        flush=True,
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        for each in ("pages", "programs"):  # one process each: settings are read once
            subprocess.run([sys.executable, "-m", "bench.streams", each], cwd=stack.ROOT, check=True)
