"""The portal's web process, but passwords are hashed all at once, as Django does it: bench.signin compares with it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", "portal.hashers.RandomSecretHasher"]

from portal.asgi import application  # noqa: E402, F401 - only now, with other settings
