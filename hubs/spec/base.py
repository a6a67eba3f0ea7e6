"""What every part of a spec is, and the words that several of them share."""

from pydantic import BaseModel, ConfigDict, ValidationInfo

STORED = {"stored": True}  # validation context of a spec that was accepted by an earlier version of the rules
AS_READ = {"as read": True}  # validation context of a spec whose values stay where they stand

OF_FILE = {**AS_READ, "of a file": True}  # ... and in which a profile list stays whole: the draft says what is wrong


class Frozen(BaseModel):
    """Immutable, and an unknown key is an error: a typo never becomes a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def is_stored(info: ValidationInfo) -> bool:
    """Is this a spec from the database? Rules that are newer than some stored specs are skipped for it: its hub has to
    stay readable and changeable. They apply to the next change of it."""
    return bool(info.context and info.context.get("stored"))


def is_given(info: ValidationInfo) -> bool:
    """Is this stored, or from a file that somebody brings? Then it is read as it stands, right or wrong."""
    return is_stored(info) or bool(info.context and info.context.get("of a file"))
