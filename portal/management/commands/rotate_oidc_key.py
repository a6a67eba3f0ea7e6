import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from oauth2_provider.settings import oauth2_settings

from portal import keys

AFTER = "Restart web, worker and watcher."


class Command(BaseCommand):
    help = (
        "Rotate the key that signs ID tokens for hubs, in three steps: `publish` a new key, `sign` with it, `drop` the "
        "old one. If HUBPORTAL_OIDC_KEY is set, its new value is printed; otherwise var/oidc.pem is written."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("step", choices=("publish", "sign", "drop"))
        parser.add_argument("--now", action="store_true", help="don't wait, because the old key was stolen")

    def handle(self, *args: Any, **options: Any) -> None:
        pems = [oauth2_settings.OIDC_RSA_PRIVATE_KEY, *oauth2_settings.OIDC_RSA_PRIVATE_KEYS_INACTIVE]
        step = options["step"]
        if (step == "publish") != (len(pems) == 1):
            raise CommandError(
                "There is only one key. Start with `publish`."
                if len(pems) == 1
                else "There are two keys already. Continue with `sign`, or with `drop` if the new key already signs."
            )
        # How long others may use cached data: the published keys, or a token that the old key signed.
        cached = 2 * oauth2_settings.OIDC_JWKS_MAX_AGE_SECONDS  # max-age and stale-while-revalidate
        wait = {"publish": 0, "sign": cached, "drop": cached + oauth2_settings.ID_TOKEN_EXPIRE_SECONDS}[step]
        after = {
            "publish": [*pems, keys.rsa_key()],
            "sign": [*pems[1:], pems[0]],
            "drop": pems[:1],
        }[step]
        file = settings.VAR_DIR / keys.OIDC_FILE
        if file.exists() and keys.PEM.findall(file.read_text()) == pems:
            left = file.stat().st_mtime + wait - time.time()
            if left > 0 and not options["now"]:
                raise CommandError(f"It is too early. Wait another {left / 3600:.1f} hours, or use --now.")
            keys.replace(file, "".join(after))
            self.stdout.write(f"Written to {keys.OIDC_FILE}. {AFTER}")
        else:
            self.stderr.write(f"Apply this at least {wait / 3600:.0f} hours after the previous step. {AFTER}")
            self.stdout.write("HUBPORTAL_OIDC_KEY=" + "".join(pem.strip() + "\n" for pem in after).replace("\n", "\\n"))
