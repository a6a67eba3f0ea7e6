"""What every part of a spec is, and the words that several of them share."""

from pydantic import BaseModel, ConfigDict

NOT_ENFORCED = "On one machine this is told to people's notebooks, but not enforced."
ONLY_CLUSTER = "This needs a Kubernetes cluster: one machine does not know it."


class Frozen(BaseModel):
    """Immutable, and an unknown key is an error: a typo never becomes a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
