from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks, tracing  # noqa: F401 - the first registers them

        tracing.start()
