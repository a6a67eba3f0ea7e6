"""Lists of 1,000, 10,000 and 50,000 hubs. `python -m bench.lists [SQLite|PostgreSQL]`; both by default.

For each list, requested in this process so that nothing else is measured: CPU time of the response (including SQLite,
which runs in this process), time in the database, queries, and a measure that is independent of other load: on SQLite
the steps of its virtual machine (rows read, compared or sorted), on PostgreSQL the rows read in tables and indexes.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from bench import stack, table, world

SIZES, ROUNDS, STEP = (1_000, 10_000, 50_000), 15, 20
PEOPLE, RUNS = 3, 0  # per hub, so that 50,000 are created within a minute; no list reads runs


@dataclass
class Cost:
    """The cost of one response, in seconds. `steps`: of SQLite, or rows read by PostgreSQL."""

    cpu: float = 0
    sql: float = 0
    queries: int = 0
    steps: int = 0


def rows_read() -> int:
    """Return the rows read by PostgreSQL in this database so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT tup_returned FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@contextmanager
def rows_counted(cost: Cost) -> Iterator[None]:
    before = [rows_read() for _ in range(2)]  # the query itself reads some, too
    yield
    cost.steps = rows_read() - before[1] - (before[1] - before[0])


@contextmanager
def steps_counted(cost: Cost) -> Iterator[None]:
    from django.db import connection

    def step() -> int:
        cost.steps += STEP
        return 0

    sqlite: Any = connection.connection
    sqlite.set_progress_handler(step, STEP)
    try:
        yield
    finally:
        sqlite.set_progress_handler(None, 0)


@contextmanager
def measured(count_steps: bool) -> Iterator[Cost]:
    from django.db import connection

    cost = Cost()
    counted = rows_counted if connection.vendor == "postgresql" else steps_counted

    def one(execute: Any, *args: Any) -> Any:
        begin = time.perf_counter()
        try:
            return execute(*args)
        finally:
            cost.sql += time.perf_counter() - begin
            cost.queries += 1

    with counted(cost) if count_steps else nullcontext():
        begin = time.process_time()
        with connection.execute_wrapper(one):
            yield cost
        cost.cpu = time.process_time() - begin


def answers(client: Any, address: str) -> list[Cost]:
    """Return the costs of repeated requests. Only the last has steps, because counting them takes time."""
    found = []
    for number in range(ROUNDS + 2):
        with measured(number > ROUNDS) as cost:
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} returned {answer.status_code}")
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


def measure(database: str) -> None:
    from django.db import connection

    asked = lists(world.make(SIZES[0], PEOPLE, RUNS))
    read = "steps" if connection.vendor == "sqlite" else "rows read"
    for hubs in SIZES:
        world.grow(hubs, PEOPLE, RUNS)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")  # as autovacuum would have done by then
        rows = []
        for name, (client, address) in asked.items():
            found = answers(client, address)
            timed, counted = found[:-1], found[-1]
            rows.append([
                name, f"{table.median([one.cpu for one in timed]) * 1000:.1f}",
                f"{table.median([one.sql for one in timed]) * 1000:.1f}", str(counted.queries), f"{counted.steps:,}",
            ])  # fmt: skip
        table.show(f"{hubs:,} hubs on {database}", ["", "CPU ms", "SQL ms", "queries", read], rows)


def main(database: str) -> None:
    with stack.portal(HUBPORTAL_API_CALLS_A_MINUTE="1000000"):
        measure(database)


if __name__ == "__main__":
    stack.on_each_database("bench.lists", main, *sys.argv[1:])
