from django.db import migrations, models

import hubs.crypto


class Migration(migrations.Migration):
    dependencies = [("hubs", "0020_audit_origin")]

    operations = [
        migrations.AddField("hubsecret", "generation", models.PositiveIntegerField(default=0)),
        migrations.AddField("hubsecret", "old", hubs.crypto.EncryptedTextField(null=True)),
    ]
