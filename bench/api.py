"""Lists of 1,000 hubs by API and by page, on a real uvicorn. `python -m bench.api`.

Compared with a page that returns "ok", with the same 8 clients: requests per second, time of a request, and queries.
The full listing requests 100 hubs at a time and follows the cursor to the end. On SQLite, and on PostgreSQL if its
server is installed.
"""

import asyncio
import time

import httpx

from bench import stack, table, world
from bench.memory import token_of
from bench.pages import BROWSERS, cookies

ROUNDS, SECONDS, WALKS = 2, 1.5, 3
LIST = "/api/v1/hubs/?limit=100"
OK = "“ok” (/healthz)"


def queries(path: str, headers: dict[str, str]) -> int:
    """Return the queries of a second request, made in this process: the first one records the use of the token."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="127.0.0.1", headers=headers)
    client.get(path)
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} returned {answer.status_code}")
    return len(caught)


async def ask(url: str, path: str, headers: dict[str, str], seconds: float) -> list[float]:
    """Return the seconds of each response, with BROWSERS at once. Raise httpx.HTTPStatusError if one fails."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def caller(client: httpx.AsyncClient) -> None:
        while (begin := time.perf_counter()) < end:
            (await client.get(path)).raise_for_status()
            took.append(time.perf_counter() - begin)

    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30) as client:
        await asyncio.gather(*(caller(client) for _ in range(BROWSERS)))
    return took


def walk(url: str, headers: dict[str, str]) -> tuple[float, int]:
    """Return (seconds, hubs) of the full listing. Raise httpx.HTTPStatusError."""
    begin, seen, address = time.perf_counter(), set[str](), f"{url}{LIST}"
    with httpx.Client(headers=headers, trust_env=False, timeout=30) as client:
        while address:
            page = client.get(address).raise_for_status().json()
            seen.update(hub["uid"] for hub in page["results"])
            address = page["next"]
    return time.perf_counter() - begin, len(seen)


def measure(portal: stack.Stack, database: str) -> None:
    made = world.make()
    bearer = {name: {"Authorization": f"Bearer {token_of(made[name], 'read')}"} for name in ("ines", "stan")}
    browser = {
        name: {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies(made[name]).items())} for name in ("ines", "stan")
    }
    doors: dict[str, tuple[str, dict[str, str]]] = {
        OK: ("/healthz", {}),
        "API: who am I": ("/api/v1/me/", bearer["stan"]),
        "API: one hub": (f"/api/v1/hubs/{made['hub'].uid}/", bearer["ines"]),
        "API: 100 hubs, instructor": (LIST, bearer["ines"]),
        "API: 100 hubs, staff": (LIST, bearer["stan"]),
        "Page: My hubs, instructor": ("/", browser["ines"]),
        "Page: the fleet": ("/staff/hubs/", browser["stan"]),
    }
    counted = {name: queries(*door) for name, door in doors.items()}
    took: dict[str, list[list[float]]] = {name: [] for name in doors}
    for number in range(ROUNDS + 1):
        for name, door in doors.items():
            found = asyncio.run(ask(portal.url, *door, SECONDS if number else 0.4))
            took[name] += [found] if number else []  # the first round warms up
    rates = {name: table.median([len(found) / SECONDS for found in rounds]) for name, rounds in took.items()}
    rows = []
    for name, rounds in took.items():
        waits = [one for found in rounds for one in found]
        rows.append([
            name, f"{rates[name]:.0f}", f"{rates[OK] / rates[name]:.1f}", f"{table.median(waits) * 1000:.0f} ms",
            f"{table.share(waits, 0.99) * 1000:.0f} ms", str(counted[name]),
        ])  # fmt: skip
    head = ["", "requests/s", "times “ok”", "median", "99 %", "queries"]
    table.show(f"{world.HUBS:,} hubs on {database}, {BROWSERS} concurrent clients", head, rows)
    walks = [walk(portal.url, bearer["stan"]) for _ in range(WALKS)]
    print(
        f"  full listing: {walks[0][1]:,} hubs in {table.median([seconds for seconds, _ in walks]):.2f} s\n", flush=True
    )


def main(database: str) -> None:
    with stack.portal("web", HUBPORTAL_API_CALLS_A_MINUTE="1000000") as portal:
        measure(portal, database)


if __name__ == "__main__":
    stack.on_each_database("bench.api", main)
