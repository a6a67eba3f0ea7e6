"""Several groups a person. Each group that stands in the old column becomes a row; names that can't be typed any more
(with a comma or a semicolon, or like the groups of roles) get others, and the user limits for a group follow."""

import re
import unicodedata

import django.db.models.deletion
from django.db import migrations, models


def same(name):
    return " ".join(name.casefold().split())


def renamed(name):
    name = " ".join(re.sub("[,;]", " ", unicodedata.normalize("NFC", name)).split())[:70] or "group"
    plain = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())
    return f"{name} (group)" if plain in ("users", "admins") else name


def to_rows(apps, schema_editor):
    Entry, Group = apps.get_model("hubs", "RosterEntry"), apps.get_model("hubs", "RosterGroup")
    through = Entry.groups.through
    groups, joined = {}, []
    for pk, hub, old in Entry.objects.exclude(group="").order_by("pk").values_list("pk", "hub", "group"):
        name = renamed(old)
        group = groups.get((hub, same(name)))
        if group is None:
            group = groups[hub, same(name)] = Group.objects.create(hub_id=hub, name=name, key=same(name))
        joined.append(through(rosterentry_id=pk, rostergroup_id=group.pk))
    through.objects.bulk_create(joined, batch_size=500)
    Limit = apps.get_model("hubs", "UserLimit")
    for pk, name in Limit.objects.filter(kind="group").exclude(name__startswith=":").values_list("pk", "name"):
        if (key := same(renamed(name))) != name:
            Limit.objects.filter(pk=pk).update(name=key)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else the column below can't go in this transaction


class Migration(migrations.Migration):
    dependencies = [
        ("hubs", "0022_dns_resolvers"),
    ]

    operations = [
        migrations.CreateModel(
            name="RosterGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=240)),
                (
                    "hub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="roster_groups", to="hubs.hub"
                    ),
                ),
            ],
            options={"ordering": ["key"]},
        ),
        migrations.AddConstraint(
            model_name="rostergroup",
            constraint=models.UniqueConstraint(fields=("hub", "key"), name="one_spelling_a_group"),
        ),
        migrations.AddField(
            model_name="rosterentry",
            name="groups",
            field=models.ManyToManyField(blank=True, related_name="entries", to="hubs.rostergroup"),
        ),
        migrations.RunPython(to_rows, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="rosterentry", name="group"),
    ]
