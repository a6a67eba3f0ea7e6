"""Return why the current rules refuse a spec that was accepted before."""

import json
from typing import Any

from hubs.language import _, once_a_language
from hubs.spec.draft import parse
from hubs.spec.fields import FIELDS
from hubs.spec.hub import HubSpec
from hubs.spec.sentences import SpecError
from hubs.spec.sign_in_lacking import lacking


def refusals(data: Any) -> list[str]:
    """Return sentences, each with the label of its field; [] if the spec is valid."""
    try:
        errors = lacking(parse(data))
    except SpecError as error:
        errors = error.errors
    return [
        _("{field}: {problem}", field=FIELDS[path].words.label if path in FIELDS else path, problem=" ".join(said))
        for path, said in errors.items()
    ]


def refused_today(spec: HubSpec) -> tuple[str, ...]:
    """Return the same for an accepted spec, for pages. Cached, because neither spec nor rules change in a process."""
    return _refused_today(spec.model_dump_json())


@once_a_language(1000)
def _refused_today(data: str) -> tuple[str, ...]:
    return tuple(refusals(json.loads(data)))
