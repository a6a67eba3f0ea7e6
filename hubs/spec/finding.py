"""Find a field by its label, its help, the standard term in it, or its place in values.yaml and JupyterHub's own
configuration. Pure."""

from functools import cache

from hubs.spec.fields import FIELDS, STEPS, Field
from hubs.spec.restated import MOVES
from hubs.text.searching import score, words

MOST = 12  # fields of an answer


@cache
def _elsewhere() -> dict[str, str]:
    """By place in values.yaml: the other places that say the same, such as hub.config.KubeSpawner.mem_limit."""
    found: dict[str, list[str]] = {}
    for source, place in MOVES.items():
        found.setdefault(".".join(place), []).append(".".join(source))
    return {place: " ".join(sources) for place, sources in found.items()}


def _text(field: Field) -> str:
    step = next((step.title for step in STEPS if step.name == field.words.step), "")
    place = field.values_path
    return f"{field.words.help} {place} {_elsewhere().get(place, '')} {step}"


def find(query: str) -> list[Field]:
    """Return the fields that have every word of the query, best first. None for an empty query."""
    asked = [word.removeprefix("c.") for word in words(query)]  # as in jupyterhub_config.py
    scored = [(score(asked, field.words.label, _text(field)), field) for field in FIELDS.values()]
    best = sorted((one for one in scored if one[0]), key=lambda one: -one[0])
    return [field for _, field in best[:MOST]]
