"""In production every static file has its hash in its name, including modules, wherever they are named."""

import re

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command


def test_modules_import_each_other_by_hashed_names(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "portal.web.static_files.HashedFiles"}}
    call_command("collectstatic", "--noinput", verbosity=0)
    names = ["main"]
    for name in names:  # grows during the loop, because imported modules are checked, too
        text = (tmp_path / staticfiles_storage.stored_name(f"js/profiles/{name}.js")).read_text()
        for found in re.findall(r'from "\./(.+?)";', text):
            assert re.fullmatch(r"[a-z]+\.[0-9a-f]{12}\.js", found), f"{name} imports {found}"
            assert (tmp_path / "js" / "profiles" / found).is_file()
            if found.split(".")[0] not in names:
                names.append(found.split(".")[0])
    assert {"main", "editor", "list", "preview", "yaml"} <= set(names)
