"""Why a service refuses a call, in sentences for people. Not tied to HTTP: views and the API choose the status."""

from hubs.language import _


class DomainError(Exception):
    """Base class. `message` says what is wrong and what to do; a lazy sentence is read here."""

    def __init__(self, message: str) -> None:
        self.message = str(message)
        super().__init__(self.message)


class NotAllowed(DomainError):
    """The person lacks the permission for this row."""


class Conflict(DomainError):
    """The row has changed in the meantime, or the page was stale. Nothing was changed."""


class Invalid(DomainError):
    """The input is not valid. `errors` maps a field (dotted path, or "" for the whole form) to sentences."""

    def __init__(self, message: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.errors = {field: list(map(str, found)) for field, found in (errors or {"": [message]}).items()}

    @classmethod
    def beside(cls, field: str, sentence: str) -> "Invalid":
        """Return an error with one sentence about one field."""
        return cls(sentence, {field: [sentence]})


class Unavailable(DomainError):
    """The hub's cluster does not respond at the moment. Retrying may help."""


class Busy(Unavailable):
    """Too many calls of this kind at the moment. `seconds`: when to retry."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooMany(DomainError):
    """A rate limit was reached. `seconds`: how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(_("Too many attempts. Wait a few minutes, then try again."))
        self.seconds = seconds
