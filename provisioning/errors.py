"""The errors of a runtime. Each tells `reconcile` what to do next; each message is a sentence for people."""


class RuntimeFault(Exception):
    """Base class. `message` is shown to people and never contains a secret; `reason` is CamelCase, for conditions."""

    reason = "RuntimeFault"

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.reason


class Transient(RuntimeFault):
    """May go away without a change (unreachable, busy, timed out). `reconcile` backs off and retries."""

    reason = "TryingAgain"

    def __init__(self, message: str, reason: str = "", *, after: float = 0) -> None:
        super().__init__(message, reason)
        self.after = after  # minimum seconds to wait, as requested by the other side


class Refused(RuntimeFault):
    """Will not go away without a change. `reconcile` stops and reports Stalled."""

    reason = "Refused"


class Missing(RuntimeFault):
    """The requested object does not exist. During a removal, that is a success."""

    reason = "Missing"
