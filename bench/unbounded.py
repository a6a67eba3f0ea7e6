"""The portal's settings, but every password is hashed at once, as Django does it: what bench.signin compares with."""

from portal.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", "portal.hashers.RandomSecretHasher"]
