"""The portal's web process without a limit of concurrent password hashing, as in Django, for bench.signin."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.conf import settings

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", "portal.hashers.RandomSecretHasher"]

from portal.asgi import application  # noqa: E402, F401 - only after the settings were changed
