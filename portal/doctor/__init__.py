"""What `manage.py doctor` looks at. Each question stands alone: one that breaks says so, and the next goes on."""

from portal.doctor.findings import Finding, examine
