"""How a process of the portal starts without loading what it never uses.

Libraries try for optional parts that happen to be installed here for tests or for other processes, and loading those
costs a third of a start. Each one below stands in a `try … except ImportError` of the library that asks for it, so None
in sys.modules is an answer that it knows. `tests/project/test_start.py` says which modules a start must not load.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LEFT_OUT = (
    "httpx._main",  # httpx's command line: rich and pygments
    "jinja2",  # django.test.utils, which drf_spectacular loads
    "opentelemetry.sdk.metrics",  # redis tells numbers to it where somebody asks for that; nobody does
)
POSTGRES_FIELDS = "django.contrib.postgres.fields"  # REST framework's: with all of psycopg, on SQLite too


def leave_out(*, database: str, traces: bool) -> list[str]:
    """Answer "not installed" for what is not loaded yet. `database`: the engine; with `traces`, all of OpenTelemetry
    stays. Returns the names, for `take_back`."""
    names = [name for name in LEFT_OUT if not (traces and name.startswith("opentelemetry"))]
    names += [POSTGRES_FIELDS] if database.endswith("sqlite3") else []
    fresh = [name for name in names if name not in sys.modules]
    for name in fresh:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system’s word for "there is none"
    return fresh


def take_back(names: list[str]) -> None:
    """Whoever asks from now on gets the real thing."""
    for name in names:
        if sys.modules.get(name, name) is None:
            del sys.modules[name]


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is loaded here is kept for good: the garbage collector neither looks at it meanwhile nor ever again."""
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
    """Load a process in here."""
    from django.conf import settings

    with undisturbed():
        engine = str(settings.DATABASES["default"]["ENGINE"])
        names = leave_out(database=engine, traces=bool(settings.OTLP_ENDPOINT))
        try:
            yield
        finally:
            take_back(names)
