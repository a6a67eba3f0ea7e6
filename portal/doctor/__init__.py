"""The checks of `manage.py doctor`. They are independent: one that fails is reported, and the next one runs."""

from portal.doctor.findings import Finding, examine
