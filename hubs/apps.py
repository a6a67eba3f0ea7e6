from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HubsConfig(AppConfig):
    name = "hubs"

    def ready(self) -> None:
        from hubs.first_rows import catalogue_images, starting_points
        from hubs.text import field_errors

        field_errors.install()
        post_migrate.connect(starting_points, sender=self)
        post_migrate.connect(catalogue_images, sender=self)
