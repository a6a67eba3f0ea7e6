"""Sentences of tables, filled in when they are needed, and sentences that follow each other: in a form that columns can
keep for readers of other languages (`hubs.text.kept`). Pure."""

from collections.abc import Iterable, Mapping
from string import Formatter

from hubs.language import Sentence, _, said, speaking


def english(sentence: str) -> str:
    """Return the English of a sentence, also of a lazy one: what the catalogues know it by, and what APIs give."""
    with speaking("en"):
        if isinstance(sentence, Sentence):
            return "".join(said(sentence.made, sentence.things, sentence.values))
        return str(sentence)


def filled(sentence: str, values: Mapping[str, object]) -> str:
    """Return a (lazy) sentence in the current language with those of the values that it names. One that is only a name
    is the value itself.

    >>> filled("{who} joined.", {"who": "Ines", "note": ""}), filled("{note}", {"note": "Too early."})
    ('Ines joined.', 'Too early.')
    """
    text = english(sentence)
    names = sorted({name for _text, name, _spec, _conversion in Formatter().parse(text) if name})
    if len(names) == 1 and text == f"{{{names[0]}}}":
        return str(values[names[0]])
    return _(text, **{name: values[name] for name in names})


def paragraph(sentences: Iterable[str], between: str = " ") -> str:
    """Return these sentences or phrases, without empty ones, as one that columns can keep.

    >>> paragraph(["It ends today.", "", "Extend it."]), paragraph(["no pod", "no node"], "; ")
    ('It ends today. Extend it.', 'no pod; no node')
    """
    some = {f"s{place}": one for place, one in enumerate(one for one in sentences if one)}
    if len(some) < 2:
        return next(iter(some.values()), "")
    places = between.join(f"{{{name}}}" for name in some)
    return _(places, **some)
