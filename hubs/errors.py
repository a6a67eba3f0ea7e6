"""What a service may refuse, in sentences for people. Never HTTP: views and API say that in their own way."""


class DomainError(Exception):
    """Base. `message` says what happened and what one can do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotAllowed(DomainError):
    """This person may not do this to this row."""


class Conflict(DomainError):
    """Somebody else was faster, or the page was old. Nothing was changed."""


class Invalid(DomainError):
    """What was asked for can't be. `errors` maps a field (dotted path, or "" for the whole) to sentences."""

    def __init__(self, message: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.errors = errors or {"": [message]}

    @classmethod
    def beside(cls, field: str, sentence: str) -> "Invalid":
        """One sentence about one field."""
        return cls(sentence, {field: [sentence]})


class Unavailable(DomainError):
    """The place where a hub lives does not answer now. Trying again may help."""


class Busy(Unavailable):
    """There is too much of this at the moment. `seconds`: when it is worth trying again."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooMany(DomainError):
    """Somebody has tried something too often. `seconds`: how long they have to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many tries. Wait some minutes, then try again.")
        self.seconds = seconds
