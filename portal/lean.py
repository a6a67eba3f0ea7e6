"""How a process of the portal starts without loading what it never uses, or not before its first answer.

Libraries try for optional parts that happen to be installed here for tests or for other processes, and loading those
costs a third of a start. Each of LEFT_OUT stands in a `try … except ImportError` of the library that asks for it, so
None in sys.modules is an answer that it knows. Those of PUT_OFF are loaded with the first name that is read of them.
`tests/project/test_start.py` says which modules a start must not load.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from types import ModuleType
from typing import Any

LEFT_OUT = (
    "httpx._main",  # httpx's command line: rich and pygments
    "jinja2",  # django.test.utils, which drf_spectacular loads
    "opentelemetry.sdk.metrics",  # redis tells numbers to it where somebody asks for that; nobody does
    "pygments",  # REST framework's browsable pages; ours are none
)
# Those who import one of these do it by a plain `import …`, and read of it in functions only.
PUT_OFF = (
    "redis",  # hubs.live and portal.telemetry
    "requests",  # social-auth and django-oauth-toolkit, which ask by it where people sign in with a provider
    "urllib3",  # django-oauth-toolkit, for clients that describe themselves; ours never do
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


class Later(ModuleType):
    """Stands in sys.modules for a module that is loaded with the first name that is read of it."""

    _one = RLock()

    def __getattr__(self, name: str) -> Any:
        with self._one:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def put_off() -> None:
    """Load none of PUT_OFF before it is needed."""
    for name in PUT_OFF:
        sys.modules.setdefault(name, Later(name))


def load_the_rest() -> None:
    """What the first answer did without, and the next ones need."""
    from django.conf import settings

    import_module("redis.asyncio")
    if settings.SOCIAL_PROVIDERS:
        import_module("portal.signin.providers")


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


def _without_its_client() -> None:
    """REST framework has a client of `requests` for tests. What it can have it asks once, and it hears: none."""
    if sys.modules.setdefault("requests", None) is None:  # type: ignore[arg-type]
        import_module("rest_framework.compat")
        del sys.modules["requests"]


@contextmanager
def starting(*, api: bool = False) -> Iterator[None]:
    """Load a process in here; `api`: one that answers programs, with REST framework."""
    from django.conf import settings

    with undisturbed():
        engine = str(settings.DATABASES["default"]["ENGINE"])
        names = leave_out(database=engine, traces=bool(settings.OTLP_ENDPOINT))
        if api:
            _without_its_client()
        put_off()
        try:
            yield
        finally:
            take_back(names)
