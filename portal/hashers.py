"""How the portal stores secrets that it made itself."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class RandomSecretHasher(PBKDF2PasswordHasher):
    """For 256 random bits. There is nothing to guess, so nothing to slow down: a password's million rounds would cost
    0.4 s of a processor at every sign-in to a hub, and a class signs in at once. Never for what a person chose."""

    algorithm = "random_secret"
    iterations = 1
