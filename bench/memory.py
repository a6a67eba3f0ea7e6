"""Memory growth of the web process. `python -m bench.memory [requests]`; default 10,000, the long run is 50,000.

Clients request what apps usually do: lists, one hub, a missing one, a stale change, a POST with an Idempotency-Key (new
and repeated), a status stream that is opened and closed. Resident memory is read ten times; the slope of the second
half is shown in addition to the total, because caches fill in the first.
"""

import asyncio
import itertools
import os
import statistics
import sys
import time
import uuid
from collections import Counter
from typing import Any

import httpx
import psutil

from bench import stack, table, world

REQUESTS, LOOKS, PROGRAMS = 10_000, 10, 4
KEYS = 20  # Idempotency-Keys that are reused; each creates one draft
SPEC = {"about": {"title": "By program", "heads": 12}}


def token_of(person: Any, *scopes: str) -> str:
    from hubs.accounts.services import tokens

    return tokens.create(person=person, by=person, name="bench", scopes=scopes, days=1)[1]


async def _expect(client: httpx.AsyncClient, status: int, method: str, path: str, **more: Any) -> None:
    answer = await client.request(method, path, **more)
    if answer.status_code != status:
        raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")


async def one(client: httpx.AsyncClient, number: int, hub: str) -> str:
    """Make one request. Return its type. Raise RuntimeError for an unexpected response."""
    kind, path = number % 50, f"/api/v1/hubs/{hub}/"
    if kind == 0:
        async with client.stream("GET", f"{path}events/") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("event: status"):
                    return "stream"
        raise RuntimeError("the stream ended without an event")
    if kind == 1:
        key = uuid.uuid5(uuid.NAMESPACE_URL, str(number // 50 % KEYS))
        body = {"organization": "river", "slug": f"draft-{number // 50 % KEYS}", "spec": SPEC, "send": False}
        headers = {"Idempotency-Key": str(key)}
        answer = await client.post("/api/v1/requests/", json=body, headers=headers)
        if answer.status_code not in (201, 409):  # 409: the same key at the same time
            raise RuntimeError(f"draft: {answer.status_code} {answer.text[:300]}")
        return "draft"
    if kind == 2:
        await _expect(client, 412, "POST", f"{path}suspend/", json={}, headers={"If-Match": '"old"'})
        return "stale"
    if kind < 10:
        await _expect(client, 404, "GET", f"/api/v1/hubs/{uuid.uuid4()}/")
        return "not there"
    if kind < 20:
        await _expect(client, 200, "GET", "/api/v1/hubs/?limit=20")
        return "list"
    await _expect(client, 200, "GET", path)
    return "one hub"


async def run(portal: stack.Stack, hub: str, token: str, requests: int) -> list[tuple[int, int]]:
    """Return (requests so far, resident bytes), LOOKS times and once at the beginning."""
    web = psutil.Process(portal.running["web"].pid)
    numbers, asked = itertools.count(), Counter[str]()
    looks: list[tuple[int, int]] = []
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=portal.url, headers=headers, trust_env=False, timeout=60) as client:

        async def program(until: int) -> None:
            while asked.total() < until:
                asked[await one(client, next(numbers), hub)] += 1

        for look in range(LOOKS + 1):
            begin, before = time.perf_counter(), asked.total()
            await asyncio.gather(*(program(requests * look // LOOKS) for _ in range(PROGRAMS)))
            looks.append((asked.total(), web.memory_info().rss))
            rate = (asked.total() - before) / (time.perf_counter() - begin)
            print(
                f"  {asked.total():>6,} requests   {looks[-1][1] / 2**20:7.1f} MiB   {rate:5.0f}/s   "
                f"load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    print("  " + ", ".join(f"{count:,} × {kind}" for kind, count in asked.most_common()))
    return looks


def slope(looks: list[tuple[int, int]]) -> float:
    """Return the growth in KiB per thousand requests, by linear regression."""
    return statistics.linear_regression([n for n, _ in looks], [size for _, size in looks]).slope * 1000 / 1024


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    with stack.portal("web", HUBPORTAL_API_CALLS_A_MINUTE="1000000") as portal:
        made = world.make()
        token = token_of(made["ines"], "read", "request", "operate")
        print(f"\nMemory of one web process, {PROGRAMS} concurrent clients\n")
        looks = asyncio.run(run(portal, made["hub"].uid, token, requests))
    half = looks[len(looks) // 2 :]
    growth = [["all but the first tenth", f"{slope(looks[1:]):+.1f}"], ["second half", f"{slope(half):+.1f}"]]
    table.show(f"Growth over {requests:,} requests", ["", "KiB per 1,000 requests"], growth)


if __name__ == "__main__":
    main()
