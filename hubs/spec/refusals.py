"""Why the rules of today refuse a spec that was accepted before."""

from typing import Any

from hubs.spec.draft import parse
from hubs.spec.fields import FIELDS
from hubs.spec.sentences import SpecError
from hubs.spec.sign_in_lacking import lacking


def refusals(data: Any) -> list[str]:
    """Sentences, each with its field; [] when nothing is refused."""
    try:
        errors = lacking(parse(data))
    except SpecError as error:
        errors = error.errors
    return [
        f"{FIELDS[path].words.label if path in FIELDS else path}: {' '.join(said)}" for path, said in errors.items()
    ]
