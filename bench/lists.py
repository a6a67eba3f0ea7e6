"""Lists of hubs with 1,000, 10,000 and 50,000 of them. `python -m bench.lists [SQLite|PostgreSQL]`; without it both.

For each list, asked in this process so that nothing else is measured: CPU time of the answer (SQLite computes in this
process, too), time in the database, queries, and on SQLite the steps of its machine: rows read, compared or sorted,
which no busy machine changes.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench import stack, table, world

SIZES, ROUNDS, STEP = (1_000, 10_000, 50_000), 15, 20
PEOPLE = 3  # a hub, so that 50,000 of them are made within minutes
URL = "BENCH_DATABASE_URL"


@dataclass
class Cost:
    """Of one answer; seconds."""

    cpu: float = 0
    sql: float = 0
    queries: int = 0
    steps: int = 0


@contextmanager
def measured(count_steps: bool) -> Iterator[Cost]:
    from django.db import connection

    cost = Cost()

    def one(execute: Any, *args: Any) -> Any:
        begin = time.perf_counter()
        try:
            return execute(*args)
        finally:
            cost.sql += time.perf_counter() - begin
            cost.queries += 1

    def step() -> int:
        cost.steps += STEP
        return 0

    sqlite: Any = connection.connection if count_steps and connection.vendor == "sqlite" else None
    if sqlite:
        sqlite.set_progress_handler(step, STEP)
    begin = time.process_time()
    try:
        with connection.execute_wrapper(one):
            yield cost
    finally:
        cost.cpu = time.process_time() - begin
        if sqlite:
            sqlite.set_progress_handler(None, 0)


def answers(client: Any, address: str) -> list[Cost]:
    """The last one tells the steps, because counting them takes time."""
    found = []
    for number in range(ROUNDS + 2):
        with measured(number > ROUNDS) as cost:
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answers {answer.status_code}")
        found.append(cost)
    return found[1:]  # the first one warms up


def lists(made: dict[str, Any]) -> dict[str, tuple[Any, str]]:
    from django.test import Client

    from hubs.models import User

    student = User.objects.create_user("student", "student-1@river.example.edu", email_verified=True)
    clients = {}
    for person in (made["ines"], made["stan"], student):
        clients[person.username] = Client(SERVER_NAME="127.0.0.1")
        clients[person.username].force_login(person)
    ines, stan = clients["ines"], clients["stan"]
    return {
        "Hubs, instructor": (ines, "/"),
        "Hubs, staff": (stan, "/"),
        "Hubs, staff: search": (stan, "/?q=class+0001"),
        "The fleet": (stan, "/staff/hubs/"),
        "The fleet, ready, newest": (stan, "/staff/hubs/?status=ready&sort=newest"),
        "API: 100 hubs, instructor": (ines, "/api/v1/hubs/?limit=100"),
        "API: 100 hubs, staff": (stan, "/api/v1/hubs/?limit=100"),
    }


def measure(database: str, hubs: int) -> None:
    from django.db import connection

    made = world.make(hubs, PEOPLE, 1)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as autovacuum would have by then
    rows = []
    for name, (client, address) in lists(made).items():
        found = answers(client, address)
        timed, counted = found[:-1], found[-1]
        rows.append([
            name, f"{table.median([one.cpu for one in timed]) * 1000:.1f}",
            f"{table.median([one.sql for one in timed]) * 1000:.1f}", str(counted.queries),
            f"{counted.steps:,}" if counted.steps else "",
        ])  # fmt: skip
    table.show(f"{hubs:,} hubs on {database}", ["", "CPU ms", "SQL ms", "queries", "steps"], rows)


def main(database: str, hubs: int) -> None:
    url = os.environ.pop(URL, "")
    more = {"DATABASE_URL": url} if url else {}
    with stack.portal(HUBPORTAL_API_CALLS_A_MINUTE="1000000", **more):
        measure(database, hubs)


def each(only: str) -> None:
    """A process for each size and database, because settings are read once."""
    from tests.project.postgres import binary, postgres  # its own server in a folder that is thrown away

    again = [sys.executable, "-m", "bench.lists"]
    for hubs in SIZES:
        if only in ("", "SQLite"):
            subprocess.run([*again, "SQLite", str(hubs)], cwd=stack.ROOT, check=True)
        if only in ("", "PostgreSQL"):
            try:
                binary("postgres")
            except LookupError:
                print("  (PostgreSQL is not installed here)\n")
                continue
            with postgres() as url:
                env = {**os.environ, URL: url}
                subprocess.run([*again, "PostgreSQL", str(hubs)], cwd=stack.ROOT, env=env, check=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(sys.argv[1], int(sys.argv[2]))
    else:
        each(sys.argv[1] if len(sys.argv) > 1 else "")
