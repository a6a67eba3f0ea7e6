from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hubs", "0021_secret_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="cluster",
            name="found_addresses",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
