#!/usr/bin/env python
"""Django's commands: `python manage.py help`. Needs no environment variables."""

import os
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from portal import lean

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        lean.leave_out(database=str(settings.DATABASES["default"]["ENGINE"]), traces=bool(settings.OTLP_ENDPOINT))
        with lean.undisturbed():
            django.setup()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # it names the variable, so a traceback is not needed
        sys.exit(f"Invalid settings: {error}")
