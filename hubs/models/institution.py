from django.db import models


class Institution(models.Model):
    """An institution whose people sign in through CILogon. Loaded by `manage.py institutions`; forms search here."""

    entity_id = models.CharField(max_length=300, unique=True)  # its SAML entity ID
    name = models.CharField(max_length=200)
    words = models.CharField(max_length=600)  # searched: lower case, without accents, a space before each word

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name
