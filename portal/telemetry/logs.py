"""Log formats, and masking of secrets. `LOG_FORMAT`: a readable line, or JSON for log collectors.

Imported while Django is being set up, so nothing of Django is imported here.
"""

import json
import logging
import re
import time
from datetime import UTC, datetime
from typing import Any

from hubs.request_context import asked_by, caller_id, request_id

HIDDEN = "…"
# Patterns of secrets in messages, paths and tracebacks.
_SECRETS = tuple(
    (re.compile(pattern), shown)
    for pattern, shown in (
        (r"\b(hubp|whsec)_[A-Za-z0-9+/=_-]+", rf"\1_{HIDDEN}"),
        (r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", f"eyJ{HIDDEN}"),
        (r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", rf"\1 {HIDDEN}"),
        (
            r"(?i)\b(authorization|proxy-authorization|set-cookie|cookie|x-csrftoken)(['\"]?\s*[:=]\s*['\"]?)[^'\"\r\n]+",
            rf"\1\2{HIDDEN}",
        ),
        (r"(?<=/invitations/)[^/\s?'\"]+", HIDDEN),
        (r"(?<=/mail/stop/)[^/\s?'\"]+", HIDDEN),
        (r"(?<=/calendar/)[^/\s?'\"]+(?=\.ics)", HIDDEN),
        (r"(://[^/\s:@'\"]*:)[^/\s@'\"]+@", rf"\1{HIDDEN}@"),
        (
            r"(?i)\b(\w*(?:password|passwd|secret|token|api_?key|private_?key)(?:_key)?)((?:['\"]\s*:|\s*=)\s*['\"]?)[^\s'\",;&})]+",
            rf"\1\2{HIDDEN}",
        ),
        # The portal's own ?state=active is a short word; that of a sign-in is random, or at one of its addresses.
        (r"(?i)((?:/complete/|/authorize|/oauth_callback)[^\s'\"]*?[?&]state=)[^&\s'\"]+", rf"\1{HIDDEN}"),
        (r"(?i)([?&]state=)(?![a-z][a-z_-]{0,19}(?![^&\s'\"]))[^&\s'\"]+", rf"\1{HIDDEN}"),
        (r"(?i)([?&](?:code|key|ticket|sig|signature)=)[^&\s'\"]+", rf"\1{HIDDEN}"),
    )
)


def mask(text: str) -> str:
    """Return the text with everything that looks like a secret masked.

    >>> mask("GET /invitations/s3cr3t/ by Bearer hubp_abc123")
    'GET /invitations/…/ by Bearer …'
    """
    for pattern, shown in _SECRETS:
        text = pattern.sub(shown, text)
    return text


def masked(value: Any) -> Any:
    """Return a JSON-like value with every text in it masked; a value whose key names a secret is hidden entirely."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: HIDDEN if _names_a_secret(key, kept) else masked(kept) for key, kept in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked(kept) for kept in value]
    return value


_NAMES = re.compile(r"(?i)(authorization|cookie|csrf|password|passwd|secret|token|api_?key|private_?key)")


def _names_a_secret(key: Any, value: Any) -> bool:
    return isinstance(key, str) and isinstance(value, str) and bool(value) and bool(_NAMES.search(key))


class Line(logging.Formatter):
    """`I portal.web GET /hubs/ 200 12 ms [id user caller=id]`; the last id is the one that the caller sent."""

    def __init__(self) -> None:
        super().__init__("%(levelname).1s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        sent = caller_id.get()
        cause = " ".join(filter(None, (request_id.get(), asked_by.get()(), sent and f"caller={sent}")))
        return f"{super().formatMessage(record)} [{cause}]" if cause else super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class Json(logging.Formatter):
    """One JSON object per line, with additional fields from `extra={"facts": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "logger": record.name}
        said["message"] = mask(record.getMessage())
        if cause := request_id.get():
            said["request_id"] = cause
        if sent := caller_id.get():
            said["caller_request_id"] = mask(sent)
        if who := asked_by.get()():
            said["user"] = who
        said |= masked(getattr(record, "facts", {}))
        if record.exc_info:
            said["exception"] = mask(self.formatException(record.exc_info))
        if record.stack_info:
            said["stack"] = mask(self.formatStack(record.stack_info))
        return json.dumps(said, ensure_ascii=False, default=str)


class OneLine(logging.Filter):
    """Drop the traceback of invalid requests (such as a Host header a@b), which are the sender's mistake. For a
    handler, because a logger's own filters don't apply to its children's records."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            record.exc_info = record.exc_text = None
        return True


class BrokerAway(logging.Filter):
    """Without Redis, beat logs two tracebacks at every tick. Replace them by one line per minute."""

    EVERY = 60.0  # seconds

    def __init__(self) -> None:
        super().__init__()
        self._told = -self.EVERY

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or not _is_of_the_network(error):
            return True
        if time.monotonic() - self._told < self.EVERY:
            return False
        self._told = time.monotonic()
        record.msg, record.args, record.exc_info, record.exc_text = (
            "Redis does not respond (%s): no scheduled task starts until it does.",
            (type(error).__name__,),
            None,
            None,
        )
        return True


def _is_of_the_network(error: BaseException) -> bool:
    """Return whether it is a network error, also if Celery wraps it (SchedulingError, OperationalError)."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) or type(seen).__name__ in ("OperationalError", "ConnectionError", "TimeoutError"):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
