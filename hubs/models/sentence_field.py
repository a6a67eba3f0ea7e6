"""Columns with sentences of the portal: written by a worker or a service, read in the reader's language."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.functional import Promise

from hubs.language import Sentence
from hubs.text import kept
from hubs.text.sentences import english

if TYPE_CHECKING:
    _Text = models.TextField[Any, str]
    _Chars = models.CharField[Any, str]
else:
    _Text = models.TextField
    _Chars = models.CharField


class SentenceField(_Text):
    """Text that may be one sentence made by `hubs.language`, or several as lines, or a person's own."""

    def deconstruct(self) -> Any:
        """Return the definition of a plain TextField, so that no migration is needed."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        return kept.to_text(super().get_prep_value(value))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else kept.from_text(value)


class SentencesField(models.JSONField):
    """JSON in which any text may be a sentence made by `hubs.language`."""

    def deconstruct(self) -> Any:
        """Return the definition of a plain JSONField, so that no migration is needed."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(kept.kept(value), connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return kept.read(super().from_db_value(value, expression, connection))


class BuiltInNameField(_Chars):
    """A name that people choose, except one: the portal's own, which is kept in English and read in the reader's
    language, also in rows that are older than their language."""

    def __init__(self, *args: Any, built_in: str = "", **kwargs: Any) -> None:
        self.built_in = built_in
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Return the definition of a plain CharField, so that no migration is needed."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(english(str(value)) if isinstance(value, Sentence | Promise) else value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        words = str(self.built_in)
        return words if isinstance(words, Sentence) and value == words.made[1] else value
