from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hubs.accounts.services import accounts
from hubs.errors import DomainError
from hubs.models import User


class Command(BaseCommand):
    help = "Close somebody's account: nobody signs in with it, and every token, link and session of it ends."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username", help="user name, as the profile page shows it")
        parser.add_argument("--reopen", action="store_true", help="open it again; what ended stays ended")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError("There is nobody of this user name.")
        try:
            accounts.set_closed(user=user, closed=not options["reopen"])
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"The account of {user.display_name} is {'open' if user.is_active else 'closed'}.")
