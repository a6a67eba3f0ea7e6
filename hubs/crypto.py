"""Encryption at rest of what must be read again (Fernet: AES-128-CBC + HMAC-SHA256, keys rotate)."""

from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


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
