"""Errors of commands and their exit codes."""

from typing import Any

OK, FAILED, USAGE, SIGN_IN, NOT_FOUND, CONFLICT, REFUSED, LATE, AWAY, DIFFERS = range(10)
CODES = {
    OK: "done",
    FAILED: "another error, or the request was not approved",
    USAGE: "invalid command or argument",
    SIGN_IN: "not signed in, or the token has expired",
    NOT_FOUND: "not found, or no permission",
    CONFLICT: "changed in the meantime: check again",
    REFUSED: "refused by the portal's rules; the messages name the fields",
    LATE: "it took longer than --timeout",
    AWAY: "the portal is not responding",
    DIFFERS: "`apply --plan` found changes",
}
BY_STATUS = {400: REFUSED, 401: SIGN_IN, 403: NOT_FOUND, 404: NOT_FOUND, 405: NOT_FOUND, 409: CONFLICT,
             412: CONFLICT, 413: REFUSED, 415: REFUSED, 422: REFUSED, 428: CONFLICT, 429: AWAY, 502: AWAY, 503: AWAY,
             504: AWAY}  # fmt: skip


class Trouble(Exception):
    """Ends the command with these lines and this exit code."""

    def __init__(self, message: str, code: int = FAILED, lines: list[str] | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.lines = message, code, lines or []

    def problem(self) -> dict[str, Any]:
        """Return what `--json` writes to standard error."""
        return {"title": CODES[self.code], "detail": self.message, "exitCode": self.code, "lines": self.lines}


def of_answer(status: int, body: Any) -> Trouble:
    """Return the error for a problem document (RFC 9457)."""
    said = body if isinstance(body, dict) else {}
    errors = said.get("errors") if isinstance(said.get("errors"), dict) else {}
    lines = [f"{path or 'general'}: {' '.join(map(str, words))}" for path, words in (errors or {}).items()]
    message = str(said.get("detail") or said.get("title") or f"The portal responded with status {status}.")
    return Trouble(message, BY_STATUS.get(status, FAILED), lines)
