"""Encryption at rest of secrets that must be read again (Fernet: AES-128-CBC + HMAC-SHA256), with rotatable keys.

The first key encrypts, and every key decrypts. `columns` finds each encrypted column by its field class, so a new one
is re-encrypted and counted without being listed anywhere.
"""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

BATCH = 500  # values per query
UNREADABLE = 0  # in keys_in_use: encrypted with a key that is not configured


@lru_cache
def _cipher_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _cipher() -> MultiFernet:
    return _cipher_of(tuple(settings.HUBPORTAL_ENCRYPTION_KEYS))


def sealed(text: str) -> str:
    """Encrypt a text for a place that is not a column, such as a session."""
    return _cipher().encrypt(text.encode()).decode()


def unsealed(text: str) -> str:
    """Return the text, or "" if there is none or its key is gone."""
    try:
        return _cipher().decrypt(text.encode()).decode() if text else ""
    except InvalidToken:
        return ""


class EncryptedTextField(models.TextField):
    """Text that is stored encrypted."""

    def get_prep_value(self, value):
        return None if value is None else _cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value, expression, connection):
        return None if value is None else _cipher().decrypt(value.encode()).decode()


def columns() -> list[tuple[type[models.Model], str]]:
    """Return every encrypted column of every model as (model, field name)."""
    return [
        (model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def _stored(model: type[models.Model], name: str) -> models.QuerySet:
    """Return rows annotated with `stored`: the column's value as in the database, not decrypted."""
    rows = model._base_manager.annotate(stored=Cast(name, models.TextField()))
    return rows.exclude(**{f"{name}__isnull": True}).order_by("pk")


def _values(model: type[models.Model], name: str) -> Iterator[tuple[object, str]]:
    """Yield (primary key, stored value) of every row, in batches, so that no long transaction is held open."""
    rows = _stored(model, name).values_list("pk", "stored")
    batch = list(rows[:BATCH])
    while batch:
        yield from batch
        batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])


def _number_of_key(stored: str) -> int:
    """Return the number of the configured key that encrypted this: 1 is the newest, UNREADABLE is none of them."""
    for number, key in enumerate(settings.HUBPORTAL_ENCRYPTION_KEYS, 1):
        try:
            Fernet(key).decrypt(stored.encode())
        except InvalidToken:
            continue
        return number
    return UNREADABLE


def keys_in_use() -> dict[tuple[str, int], int]:
    """Return how many values each key encrypted: {("model.field", number of the key): count}. Reads every value."""
    found: Counter[tuple[str, int]] = Counter()
    for model, name in columns():
        for _, stored in _values(model, name):
            found[f"{model._meta.model_name}.{name}", _number_of_key(stored)] += 1
    return dict(found)


def reencrypt() -> int:
    """Re-encrypt with the first key what an older key encrypted, and return the number of values.

    Safe while the portal runs: a value that is replaced in the meantime is not overwritten, because the UPDATE filters
    by the old ciphertext. Safe to interrupt: the next call continues. Unreadable values are left unchanged.
    """
    done = 0
    for model, name in columns():
        for pk, stored in _values(model, name):
            if _number_of_key(stored) > 1:
                plain = _cipher().decrypt(stored.encode()).decode()
                done += _stored(model, name).filter(pk=pk, stored=stored).order_by().update(**{name: plain})
    return done
