from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction

from hubs.crypto import EncryptedTextField


class Command(BaseCommand):
    help = "Encrypt every secret again with the first of HUBPORTAL_ENCRYPTION_KEYS, so that the others can be dropped."

    def handle(self, *args: Any, **options: Any) -> None:
        number = 0
        for model in apps.get_app_config("hubs").get_models():
            names = [field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
            for pk in model._default_manager.values_list("pk", flat=True) if names else ():
                with transaction.atomic():  # a lock, so that a secret that is being replaced is not put back
                    row = model._default_manager.select_for_update().filter(pk=pk).first()
                    if row is not None:
                        row.save(update_fields=names)
                        number += 1
        self.stdout.write(f"{number} row{'' if number == 1 else 's'} encrypted with the first key.")
