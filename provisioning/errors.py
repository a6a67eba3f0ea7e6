"""All that a runtime may raise. Each tells `reconcile` what to do next; each message is a sentence for people."""


class RuntimeFault(Exception):
    """Base. `message` is shown to people, so it never holds a secret; `reason` is CamelCase, for conditions."""

    reason = "RuntimeFault"

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.reason


class Transient(RuntimeFault):
    """May pass by itself (unreachable, busy, timed out). `reconcile` backs off and tries again."""

    reason = "TryingAgain"

    def __init__(self, message: str, reason: str = "", *, after: float = 0) -> None:
        super().__init__(message, reason)
        self.after = after  # seconds that whoever refused asked us to wait at least


class Refused(RuntimeFault):
    """Will not pass by itself: somebody has to change something. `reconcile` stops and says Stalled."""

    reason = "Refused"


class Missing(RuntimeFault):
    """What was asked for is not there. While removing, that is success."""

    reason = "Missing"
