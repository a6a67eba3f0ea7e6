"""Sentences in the reader's language. The only module of pure code that knows Django's translations.

A sentence is written in English where it is used, whole, with named values:

    _("{name} was added to {hub}.", name=person.name, hub=hub.title)

`manage.py messages` collects the sentences in locale/. A sentence in a table, form or model is `lazy`: it is translated
when it is read, not when the module is imported.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar, cast

from django.utils import functional
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext, ngettext_lazy, pgettext
from django.utils.translation import override as speaking

__all__ = [
    "Sentence",
    "_",
    "calendar_day",
    "lazy",
    "lazy_plural", "lazy_within",
    "listed",
    "number",
    "once_a_language",
    "plural",
    "said",
    "speaking",
    "spoken",
    "within",
]  # fmt: skip
P = ParamSpec("P")
T = TypeVar("T")


class Sentence(str):
    """A sentence in one language that knows how it was made, so that a column can keep it for readers of others
    (`hubs.text.kept`). `str` of it is itself: errors and formats of a sentence alone keep what it knows."""

    made: tuple[str, ...]  # context, or ""; the English sentence; its plural form, if it has one
    things: int | None  # how many, if it has a plural form
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, ("".join(self),)


def said(made: tuple[str, ...], count: int | None, values: Mapping[str, object]) -> Sentence:
    """Return the sentence in the current language."""
    context, one, *many = made
    values = {name: str(value) if isinstance(value, Promise) else value for name, value in values.items()}
    shown: Mapping[str, object] = values
    if many and count is not None:
        text, shown = ngettext(one, many[0], count), {"count": number(count), **values}
    else:
        text = pgettext(context, one) if context else gettext(one)
    found = Sentence(text.format(**shown) if shown else text)
    found.made, found.things, found.values = made, count, values
    return found


def _(sentence: str, /, **values: object) -> str:
    """Return the sentence in the current language, with `values` for its `{names}`."""
    return said(("", sentence), None, values)


def plural(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the sentence for `count` things; `{count}` is the number in the language's digits.

    >>> plural("{count} hub", "{count} hubs", 2)
    '2 hubs'
    """
    return said(("", one, many), count, values)


def within(context: str, sentence: str, /, **values: object) -> str:
    """Return a sentence that other languages say differently in another context: "Open" as an action or a state."""
    return said((context, sentence), None, values)


_lazy = functional.lazy(_, str)
_lazy_within = functional.lazy(within, str)


def lazy(sentence: str, /) -> str:
    """Return a sentence that is translated each time it is read: for `json`, `join` and `==` it is not a `str`. `str`
    of it is a `Sentence`."""
    return _lazy(sentence)


def lazy_within(context: str, sentence: str, /) -> str:
    """Return a lazy sentence in a context, as `within`."""
    return _lazy_within(context, sentence)


def lazy_plural(one: str, many: str, name: str, /) -> str:
    """Return a lazy sentence whose form depends on the value of `%(name)d`, for messages of Django's validators."""
    return cast(str, ngettext_lazy(one, many, name))


def spoken() -> str:
    """Return the code of the current language, such as "en". Part of the key of whatever caches sentences."""
    return get_language() or "en"


def number(value: float) -> str:
    """Return a number in the language's digits: 1,024 or 1.024; 1.5 or 1,5. Not for what is typed or copied."""
    return str(number_format(f"{value:.12g}" if isinstance(value, float) else value, force_grouping=True))


MONTHS = "January February March April May June July August September October November December".split()


def calendar_day(day: date) -> str:
    """Return a date such as 1 March 2026. A `datetime` counts in its own time zone. Django knows the months' names."""
    month = said(("", MONTHS[day.month - 1]), None, {})
    return _("{day} {month} {year}", day=day.day, month=month, year=day.year)


def listed(items: Sequence[object]) -> str:
    """
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    words = [str(item) for item in items]
    if len(words) < 2:
        return "".join(words)
    return _("{some} and {last}", some=", ".join(words[:-1]), last=words[-1])


def once_a_language(most: int | None = None) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Cache a function whose results contain sentences: `lru_cache` with the language in its key."""

    def wrapped(function: Callable[P, T]) -> Callable[P, T]:
        @lru_cache(most, typed=True)
        def found(language: str, *args: Hashable, **kwargs: Hashable) -> T:
            return function(*args, **kwargs)  # type: ignore[arg-type]  # the caller's own, by P

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return found(spoken(), *args, **kwargs)  # type: ignore[arg-type]

        call.cache_clear = found.cache_clear  # type: ignore[attr-defined]
        return call

    return wrapped
