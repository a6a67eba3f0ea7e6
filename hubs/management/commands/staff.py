from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hubs.accounts.services import accounts
from hubs.models import User


class Command(BaseCommand):
    help = (
        "Make a person who has signed in before staff of the portal, or remove them from staff (--remove). Without a "
        "user name, list the staff."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username", nargs="?", help="user name, as on the profile page")
        parser.add_argument("--remove", action="store_true", help="remove the person from staff")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["username"]:
            rows = User.objects.filter(is_staff=True, is_active=True).order_by("username")
            self.stdout.write(
                "\n".join(f"{row.username}  {row.display_name}" for row in rows) or "There are no staff yet."
            )
            return
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError(
                "There is no user with this user name. Sign in once, and find the user name on the profile page."
            )
        accounts.set_staff(user=user, staff=not options["remove"])
        self.stdout.write(f"{user.display_name} is {'staff' if user.is_staff else 'no longer staff'}.")
