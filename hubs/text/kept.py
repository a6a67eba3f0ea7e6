"""Sentences in columns: kept as what they were made of, so that each reader reads them in their own language. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from hubs.language import Sentence, said

MARK = "\x1e"  # begins a kept sentence in a text column; removed from the beginning of other texts
KEY = f"{MARK}sentence"  # marks a kept sentence in a JSON column, whose keys people never choose


def kept(value: Any) -> Any:
    """Return JSON in which each `Sentence` is what it was made of."""
    if isinstance(value, Sentence):
        return {KEY: list(value.made), "count": value.things, "values": {k: kept(v) for k, v in value.values.items()}}
    if isinstance(value, Mapping):
        return {key: kept(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [kept(one) for one in value]
    return value


def read(value: Any) -> Any:
    """Return the JSON with its sentences in the current language. A sentence that no longer exists reads in English."""
    if isinstance(value, dict):
        if KEY in value:
            return said(tuple(value[KEY]), value["count"], read(value["values"]))
        return {key: read(one) for key, one in value.items()}
    if isinstance(value, list):
        return [read(one) for one in value]
    return value


def to_text(value: Any) -> Any:
    """Return what a text column keeps of a sentence; anything else is returned as it is."""
    if not isinstance(value, Sentence):
        return value.lstrip(MARK) if isinstance(value, str) else value
    return MARK + json.dumps(kept(value), ensure_ascii=False, default=str)


def from_text(text: str) -> str:
    """Return the text of a column, a kept sentence in the current language."""
    return str(read(json.loads(text[1:]))) if text.startswith(MARK) else text
