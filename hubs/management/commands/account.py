from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hubs.accounts.services import accounts
from hubs.errors import DomainError
from hubs.models import User


class Command(BaseCommand):
    help = "Close an account: sign-in is blocked, and all of its tokens, links and sessions end."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username", help="user name, as on the profile page")
        parser.add_argument("--reopen", action="store_true", help="open it again; what has ended is not restored")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError("There is no user with this user name.")
        try:
            accounts.set_closed(user=user, closed=not options["reopen"])
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"The account of {user.display_name} is {'open' if user.is_active else 'closed'}.")
