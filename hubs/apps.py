from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HubsConfig(AppConfig):
    name = "hubs"

    def ready(self) -> None:
        from hubs.first_rows import starting_points

        post_migrate.connect(starting_points, sender=self)
