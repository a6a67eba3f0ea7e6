"""The portal's sentences on a hub's own pages, in the visitor's language. Loaded by `jupyterhub`, and on one machine by
the proxy: not a module of the portal.

Sentences are written here in English. The portal sends their translations as words.json (provisioning.hub_words);
without that file they stay in English. JupyterHub's own pages are not translated.
"""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_words: dict[str, Mapping[str, str]] = {}  # language -> English sentence -> translation
_accepted: ContextVar[str] = ContextVar("accepted", default="")  # of the request, also in what it starts


def read(path: Path) -> None:
    """Read the translations; none if there is no such file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    _words.clear()
    _words.update(found if isinstance(found, dict) else {})


def preferred(header: str) -> list[str]:
    """Return the languages of an Accept-Language header, the most wanted first, without regions: "de-AT" is "de"."""
    found = []
    for part in header.split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.partition("=")[2] or 1)
        except ValueError:
            quality = 0
        if quality > 0:
            found.append((quality, tag.strip().partition("-")[0].lower()))
    return [language for _, language in sorted(found, key=lambda one: -one[0])]


def hear(header: str) -> None:
    """Use the languages of this Accept-Language header from now on, for the current request."""
    _accepted.set(header)


def spoken() -> str:
    """Return the language of the current request's sentences."""
    return next((one for one in preferred(_accepted.get()) if one == "en" or one in _words), "en")


def say(sentence: str, /, **values: Any) -> str:
    """Return the sentence in the visitor's language, with `values` for its `{names}`."""
    return _words.get(spoken(), {}).get(sentence, sentence).format(**values)


def follow(handler_class: Any) -> None:
    """Follow the visitor's language in all handlers, and offer `say` and `spoken` to all templates."""
    prepare, namespace = handler_class.prepare, handler_class.template_namespace

    async def listening(handler: Any) -> None:
        hear(handler.request.headers.get("Accept-Language", ""))
        await prepare(handler)

    handler_class.prepare = listening
    handler_class.template_namespace = property(
        lambda handler: {"say": say, "spoken": spoken, **namespace.fget(handler)}
    )
