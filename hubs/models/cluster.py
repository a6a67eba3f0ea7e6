from django.db import models


class Cluster(models.Model):
    """A place where hubs can live."""

    class Runtime(models.TextChoices):
        LOCAL = "local", "this machine"
        MEMORY = "memory", "a pretended place (tests)"

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    runtime = models.CharField(max_length=20, choices=Runtime.choices)
    domain = models.CharField(max_length=253, blank=True, help_text="Hubs live at SLUG.DOMAIN. Empty on one machine.")
    port_from = models.PositiveIntegerField(default=18000, help_text="Local runtime: first port hubs may use.")
    port_to = models.PositiveIntegerField(default=19999, help_text="Local runtime: last port hubs may use.")
    open = models.BooleanField(default=True, help_text="New hubs may be made here.")

    def __str__(self):
        return self.name
