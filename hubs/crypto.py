"""Encryption at rest of what must be read again (Fernet: AES-128-CBC + HMAC-SHA256), with keys that can be replaced.

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

BATCH = 500  # values that are read at once
UNREADABLE = 0  # in keys_in_use: encrypted with a key that is not configured


@lru_cache
def _cipher_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _cipher() -> MultiFernet:
    return _cipher_of(tuple(settings.HUBPORTAL_ENCRYPTION_KEYS))


class EncryptedTextField(models.TextField):
    """Text that the database only ever sees encrypted."""

    def get_prep_value(self, value):
        return None if value is None else _cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value, expression, connection):
        return None if value is None else _cipher().decrypt(value.encode()).decode()


def columns() -> list[tuple[type[models.Model], str]]:
    """Every encrypted column of every model: (model, field name)."""
    return [
        (model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def _stored(model: type[models.Model], name: str) -> models.QuerySet:
    """Rows with `stored`: the column as the database has it, not decrypted."""
    rows = model._base_manager.annotate(stored=Cast(name, models.TextField()))
    return rows.exclude(**{f"{name}__isnull": True}).order_by("pk")


def _values(model: type[models.Model], name: str) -> Iterator[tuple[object, str]]:
    """(primary key, stored value) of every row, in batches, so that no long transaction is held open."""
    rows = _stored(model, name).values_list("pk", "stored")
    batch = list(rows[:BATCH])
    while batch:
        yield from batch
        batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])


def _number_of_key(stored: str) -> int:
    """Which configured key encrypted this: 1 is the newest, UNREADABLE is none of them."""
    for number, key in enumerate(settings.HUBPORTAL_ENCRYPTION_KEYS, 1):
        try:
            Fernet(key).decrypt(stored.encode())
        except InvalidToken:
            continue
        return number
    return UNREADABLE


def keys_in_use() -> dict[tuple[str, int], int]:
    """How many values each key encrypted: {("model.field", number of the key): count}. Reads every value."""
    found: Counter[tuple[str, int]] = Counter()
    for model, name in columns():
        for _, stored in _values(model, name):
            found[f"{model._meta.model_name}.{name}", _number_of_key(stored)] += 1
    return dict(found)


def reencrypt() -> int:
    """Encrypt with the first key what an older key encrypted, and return how many values that were.

    Safe while the portal runs: a value that somebody replaces meanwhile is left alone, because the UPDATE asks for the
    old ciphertext. Safe to interrupt: what is done is skipped by the next call. Unreadable values are left as they are.
    """
    done = 0
    for model, name in columns():
        for pk, stored in _values(model, name):
            if _number_of_key(stored) > 1:
                plain = _cipher().decrypt(stored.encode()).decode()
                done += _stored(model, name).filter(pk=pk, stored=stored).order_by().update(**{name: plain})
    return done
