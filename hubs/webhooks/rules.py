"""Signatures and retry times of webhooks. Pure. Follows Standard Webhooks 1.0.0 (standardwebhooks.com), so any of its
libraries can verify deliveries."""

import base64
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
KEY_BYTES = 32  # the standard asks for 24 to 64
# After the first attempt, the second, ...; the last one repeats. With jitter, about a dozen attempts in two days.
WAITS = (
    *(timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 6, 8)),
)
JITTER = 0.2  # waits are longer by up to this share, so that retries are spread out
LONGEST_ASKED = timedelta(days=1)  # the longest Retry-After that is respected


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def headers(uid: str, at: datetime, body: str, keys: Iterable[str]) -> dict[str, str]:
    """Return the headers that a receiver checks, with one signature for each secret."""
    at = at.astimezone(UTC)  # the library ignores the time zone and assumes UTC
    return {
        "Content-Type": "application/json",
        "webhook-id": uid,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(uid, at, body) for key in keys),
    }


def wait(tries: int, dice: float) -> timedelta:
    """Return how long to wait after this many attempts. `dice` is a random number between 0 and 1.

    >>> [str(wait(n, 0)) for n in (1, 2, 10, 11)]
    ['0:00:05', '0:01:00', '8:00:00', '8:00:00']
    """
    return WAITS[min(max(tries, 1), len(WAITS)) - 1] * (1 + JITTER * dice)


def retry_after(text: str, now: datetime) -> timedelta | None:
    """Return the time in a Retry-After header: seconds or a date (RFC 9110, 10.2.3). None if it can't be parsed.

    >>> retry_after("120", datetime(2027, 1, 1, tzinfo=UTC))
    datetime.timedelta(seconds=120)
    """
    text = text.strip()
    if text.isascii() and text.isdecimal():
        asked = timedelta(seconds=min(int(text[:10]), LONGEST_ASKED.total_seconds()))
    else:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        asked = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(asked, timedelta()), LONGEST_ASKED)
