"""What can go wrong, and the exit code that a script sees."""

from typing import Any

OK, FAILED, USAGE, SIGN_IN, NOT_FOUND, CONFLICT, REFUSED, LATE, AWAY, DIFFERS = range(10)
CODES = {
    OK: "done",
    FAILED: "something else went wrong, or a person said no",
    USAGE: "the command was not understood",
    SIGN_IN: "not signed in, or the token is over",
    NOT_FOUND: "not there, or not yours to see or do",
    CONFLICT: "it has changed meanwhile: look again",
    REFUSED: "refused by the portal's rules; the sentences say which field",
    LATE: "it took longer than --timeout",
    AWAY: "the portal does not answer",
    DIFFERS: "`apply --plan` found something to do",
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
        """For programs: what `--json` writes on standard error."""
        return {"title": CODES[self.code], "detail": self.message, "exitCode": self.code, "lines": self.lines}


def of_answer(status: int, body: Any) -> Trouble:
    """A problem document (RFC 9457) in words."""
    said = body if isinstance(body, dict) else {}
    errors = said.get("errors") if isinstance(said.get("errors"), dict) else {}
    lines = [f"{path or 'in all'}: {' '.join(map(str, words))}" for path, words in (errors or {}).items()]
    message = str(said.get("detail") or said.get("title") or f"The portal answered with status {status}.")
    return Trouble(message, BY_STATUS.get(status, FAILED), lines)
