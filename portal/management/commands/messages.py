from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import catalogues


class Command(BaseCommand):
    help = (
        "Collect the sentences of the sources in portal/locale and compile the translations. "
        "--check changes nothing, and fails if a catalogue is stale, a sentence untranslated or a placeholder lost."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        wrong = []
        for domain in catalogues.DOMAINS:
            template = catalogues.collected(domain)
            for language in catalogues.languages():
                catalogue = catalogues.update(language, domain, template)
                path, text = catalogues.po(language, domain), catalogues.text(catalogue)
                found = catalogues.problems(catalogue)
                if check and (not path.exists() or path.read_text() != text):
                    wrong.append(f"{path.relative_to(catalogues.ROOT)} is stale.")
                if check:
                    wrong += [f"{language}: {problem}" for problem in found]
                else:
                    path.write_text(text)
                    self.stdout.write(f"{language}, {domain}: {len(catalogue)} sentences, {len(found)} to translate")
        if wrong:
            raise CommandError("\n".join([*wrong[:200], "To collect the sentences, run `manage.py messages`."]))
        if not check:
            catalogues.compile_all()
