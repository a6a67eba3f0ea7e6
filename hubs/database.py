"""What a database error means: the database is temporarily busy (with the seconds until a retry), or a row exists
already."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from hubs.language import lazy

RETRY_AFTER = 5  # seconds
BUSY = lazy("The database is busy. Nothing was changed. Try again in a few seconds.")
SQLITE = (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED: https://sqlite.org/rescode.html
# Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html: no connection, rolled back
# (serialization, deadlock), too many connections or out of memory, lock not available, server shutting down.
POSTGRESQL = ("08", "40", "53", "55P03", "57P")


def busy(error: BaseException) -> bool:
    """Return whether the same request may succeed in a moment. True for a locked SQLite file, and for a PostgreSQL that
    is unreachable, full, or rolled back one of two transactions; False for a bug, such as a missing table."""
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
    """Roll back what was written inside and raise `refusal` when a unique constraint is violated: another process has
    added the row between the check and the write."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise refusal from None
