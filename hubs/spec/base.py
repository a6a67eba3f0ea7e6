"""The base class of all parts of a spec, and validation contexts that they share."""

from pydantic import BaseModel, ConfigDict, ValidationInfo

STORED = {"stored": True}  # validation context of a spec that was accepted by an earlier version of the rules
AS_READ = {"as read": True}  # validation context: values in `more` are not moved into fields

OF_FILE = {**AS_READ, "of a file": True}  # ... and profile lists are not checked: the draft shows errors


class Frozen(BaseModel):
    """An immutable model that rejects unknown keys, so that a typo never becomes a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def is_stored(info: ValidationInfo) -> bool:
    """Return whether this spec comes from the database. Rules newer than some stored specs are skipped for it, so that
    its hub stays readable and changeable; they apply when the spec is next changed."""
    return bool(info.context and info.context.get("stored"))


def is_given(info: ValidationInfo) -> bool:
    """Return whether this is stored or from an imported file. It is then read as it is, valid or not."""
    return is_stored(info) or bool(info.context and info.context.get("of a file"))
