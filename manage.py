#!/usr/bin/env python
"""Django's commands: `python manage.py help`. Needs nothing in the environment."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # it names the variable; a traceback says nothing more
        sys.exit(f"The settings can't be read. {error}")
