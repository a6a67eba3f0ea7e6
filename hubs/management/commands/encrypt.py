from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hubs import crypto


class Command(BaseCommand):
    help = "Re-encrypt all secrets with the first of HUBPORTAL_ENCRYPTION_KEYS, so that the others can be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        number = 0
        while done := crypto.reencrypt():  # repeat for values written in the meantime
            number += done
        self.stdout.write(f"{number} value{'' if number == 1 else 's'} encrypted with the first key.")
        lost = [name for name, key in crypto.keys_in_use() if key == crypto.UNREADABLE]
        if lost:
            raise CommandError(
                f"No key can decrypt some values: {', '.join(sorted(lost))}. Keep all keys, add the missing one to "
                "HUBPORTAL_ENCRYPTION_KEYS, and run this command again."
            )
