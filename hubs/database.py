"""What a database says by an error: that it can't answer now, and after how many seconds to try again; that somebody
else was faster."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

RETRY_AFTER = 5  # seconds
BUSY = "The database is busy. Nothing was changed. Try again in a few seconds."
SQLITE = (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED: https://sqlite.org/rescode.html
# Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html: no connection, rolled back
# (serialization, deadlock), too many connections or out of memory, a lock that was not to be had, a server that stops.
POSTGRESQL = ("08", "40", "53", "55P03", "57P")


def busy(error: BaseException) -> bool:
    """May the same request succeed in a moment? True for a locked SQLite file, and for a PostgreSQL that is away, full,
    or had to choose between two transactions; False for a mistake of ours, such as a missing table."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause = error.__cause__ or error
    if code := getattr(cause, "sqlite_errorcode", None):
        return code & 0xFF in SQLITE
    if type(cause).__module__.startswith("sqlite3"):
        return False
    state = getattr(cause, "sqlstate", None)
    return state is None or state.startswith(POSTGRESQL)  # without a state: the server was not reached


@contextmanager
def unless_taken(refusal: Exception) -> Iterator[None]:
    """Raises the refusal, and undoes what was written inside, when a row that has to be the only one of its kind came
    between the look and the write."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise refusal from None
