"""Starting a process of the portal without loading unused modules.

Libraries import optional packages that are installed for tests or other processes, which takes a third of the start-up
time. Each module below is imported in a `try … except ImportError`, so None in sys.modules is handled as "not
installed". `tests/project/test_start.py` lists the modules that must not be loaded at start-up.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LEFT_OUT = (
    "httpx._main",  # httpx's command line: rich and pygments
    "jinja2",  # django.test.utils, which drf_spectacular loads
    "opentelemetry.sdk.metrics",  # for metrics of the redis client, which the portal does not use
)
POSTGRES_FIELDS = "django.contrib.postgres.fields"  # imported by REST framework: loads psycopg, even with SQLite


def leave_out(*, database: str, traces: bool) -> list[str]:
    """Make modules that are not loaded yet appear as not installed. `database`: the engine; with `traces`,
    OpenTelemetry stays available. Return the names, for `take_back`."""
    names = [name for name in LEFT_OUT if not (traces and name.startswith("opentelemetry"))]
    names += [POSTGRES_FIELDS] if database.endswith("sqlite3") else []
    fresh = [name for name in names if name not in sys.modules]
    for name in fresh:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system then raises ImportError
    return fresh


def take_back(names: list[str]) -> None:
    """Make the modules importable again."""
    for name in names:
        if sys.modules.get(name, name) is None:
            del sys.modules[name]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Disable the garbage collector during the block, and exclude what was loaded from later collections."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was:
            gc.enable()


@contextmanager
def starting() -> Iterator[None]:
    """The context in which a process loads its modules."""
    from django.conf import settings

    with undisturbed():
        engine = str(settings.DATABASES["default"]["ENGINE"])
        names = leave_out(database=engine, traces=bool(settings.OTLP_ENDPOINT))
        try:
            yield
        finally:
            take_back(names)
