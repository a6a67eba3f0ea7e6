"""200 pages that listen: how late they hear of a change, and what each costs. `python -m bench.streams`.

Beside it, in the same run: how long the same event takes through Redis alone, from XADD to a blocked XREAD.
"""

import asyncio
import statistics
import threading
import time
from typing import Any

import psutil
import redis

from bench import stack, table, world
from bench.pages import cookies

PAGES, EVENTS = 200, 20


async def listen(port: int, path: str, jar: dict[str, str], heard: list[float], opened: asyncio.Event) -> None:
    """One page: notes when it hears "changed", until it is cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\nCookie: {cookie}\r\n\r\n"
    writer.write(head.encode())
    try:
        status = await reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"{path} answers {status!r}")
        async for line in reader:
            if line.startswith(b"retry:"):
                opened.set()
            elif line.startswith(b"event: changed"):
                heard.append(time.perf_counter())
    finally:
        writer.close()


async def measure(portal: stack.Stack, hub: Any, jar: dict[str, str]) -> tuple[list[float], list[int]]:
    """(delays in seconds, resident bytes of the web process with 20 pages and with PAGES)."""
    from hubs import live

    web = psutil.Process(portal.running["web"].pid)
    path = f"/live/hubs/{hub.uid}/"
    heard: list[float] = []
    tasks: list[asyncio.Task[None]] = []
    sizes: list[int] = []
    delays: list[float] = []
    for most in (20, PAGES):
        while len(tasks) < most:
            opened = asyncio.Event()
            tasks.append(asyncio.create_task(listen(portal.port, path, jar, heard, opened)))
            await asyncio.wait_for(opened.wait(), 30)
        await asyncio.to_thread(live.publish, [f"hub:{hub.pk}"])
        await _all_heard(heard, most)
        sizes.append(web.memory_info().rss)
    for _ in range(EVENTS):
        heard.clear()
        begin = time.perf_counter()
        await asyncio.to_thread(live.publish, [f"hub:{hub.pk}"])
        await _all_heard(heard, PAGES)
        delays += [at - begin for at in heard]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return delays, sizes


async def _all_heard(heard: list[float], count: int) -> None:
    end = time.perf_counter() + 30
    while len(heard) < count:
        if time.perf_counter() > end:
            raise TimeoutError(f"{len(heard)} of {count} pages heard of a change")
        await asyncio.sleep(0.005)


def through_redis(url: str) -> list[float]:
    """Delays in seconds of EVENTS events to one reader, without the portal."""
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


def main() -> None:
    with stack.portal("web") as portal:
        made = world.make()
        bare = through_redis(portal.env["REDIS_URL"])
        delays, sizes = asyncio.run(measure(portal, made["hub"], cookies(made["ines"])))
    rows = [
        [name, f"{statistics.median(d) * 1000:.1f} ms", f"{table.share(d, 0.99) * 1000:.1f} ms"]
        for name, d in (("Redis alone, one reader", bare), (f"to {PAGES} open pages", delays))
    ]
    table.show(f"{EVENTS} events", ["", "median", "99 %"], rows)
    print(f"  pages / Redis alone: {statistics.median(delays) / statistics.median(bare):.1f}")
    print(f"  memory: {(sizes[1] - sizes[0]) / (PAGES - 20) / 1024:.0f} KiB a page\n")


if __name__ == "__main__":
    main()
