"""Columns with sentences of the portal: written by a worker or a service, read in the reader's language."""

from typing import TYPE_CHECKING, Any

from django.db import models

from hubs.text import kept

if TYPE_CHECKING:
    _Text = models.TextField[Any, str]
else:
    _Text = models.TextField


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
