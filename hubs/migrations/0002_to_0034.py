"""Squashes 0002 to 0034 for databases that have none of them (docs/decisions/058): first the changes to models of 0001,
then the other models with all their columns. Data migrations are left out: such a database has no rows to move."""

import django.db.models.deletion
import django.utils.timezone
import hubs.crypto
import hubs.models.cluster
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("hubs", "0002_kubernetes"),
        ("hubs", "0003_cluster_credentials_by"),
        ("hubs", "0004_typed_secrets"),
        ("hubs", "0005_copies"),
        ("hubs", "0006_user_limits"),
        ("hubs", "0007_prices"),
        ("hubs", "0008_dates"),
        ("hubs", "0009_registry_logins"),
        ("hubs", "0010_starting_points"),
        ("hubs", "0011_own_domain"),
        ("hubs", "0012_institutions"),
        ("hubs", "0013_events"),
        ("hubs", "0014_extra_config"),
        ("hubs", "0015_tokens"),
        ("hubs", "0016_device"),
        ("hubs", "0017_notifications"),
        ("hubs", "0018_webhooks"),
        ("hubs", "0019_credential_lineage"),
        ("hubs", "0020_audit_origin"),
        ("hubs", "0021_secret_versions"),
        ("hubs", "0022_dns_resolvers"),
        ("hubs", "0023_roster_groups"),
        ("hubs", "0024_class_lists"),
        ("hubs", "0025_dates"),
        ("hubs", "0026_decisions"),
        ("hubs", "0030_content_links"),
        ("hubs", "0031_guessed_names"),
        ("hubs", "0032_image_catalogue"),
        ("hubs", "0033_failed_clones"),
        ("hubs", "0034_flat_lists"),
    ]

    dependencies = [
        ("hubs", "0001_initial"),
        ("oauth2_provider", "0022_refreshtoken_token_family_index"),
        ("social_django", "0022_nonce_timestamp_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="cluster",
            name="check_findings",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="cluster",
            name="checked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="cluster",
            name="credentials_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="cluster",
            name="enforces_network_policy",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="cluster",
            name="fleet_checked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="cluster",
            name="gateway",
            field=models.CharField(blank=True, help_text="NAMESPACE/NAME of the Gateway.", max_length=200),
        ),
        migrations.AddField(
            model_name="cluster",
            name="healthy",
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name="cluster",
            name="ingress_class",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="cluster",
            name="kubeconfig",
            field=hubs.crypto.EncryptedTextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="cluster",
            name="node_pools",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="cluster",
            name="pod_security",
            field=models.CharField(
                choices=[("restricted", "restricted"), ("baseline", "baseline"), ("privileged", "privileged")],
                default="restricted",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="cluster",
            name="routing",
            field=models.CharField(
                choices=[
                    ("ingress", "Ingress"),
                    ("gateway", "Gateway API"),
                    ("none", "Something else forwards to each hub"),
                ],
                default="ingress",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="cluster",
            name="storage_classes",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="cluster",
            name="tls",
            field=models.CharField(
                choices=[
                    ("issuer", "cert-manager makes a certificate for each hub"),
                    ("wildcard", "one wildcard certificate, known to the ingress controller or gateway"),
                    ("none", "no TLS (for trying out)"),
                ],
                default="issuer",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="cluster",
            name="tls_issuer",
            field=models.CharField(blank=True, help_text="cert-manager's ClusterIssuer.", max_length=200),
        ),
        migrations.AddField(
            model_name="hub",
            name="fingerprint",
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddField(
            model_name="hub",
            name="keep_files_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="hub",
            name="pause_reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="hub",
            name="paused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="hub",
            name="paused_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="hub",
            name="restart_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="cluster",
            name="runtime",
            field=models.CharField(choices=hubs.models.cluster.runtime_choices, max_length=20),
        ),
        migrations.AddConstraint(
            model_name="cluster",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("runtime", "kubernetes"), _negated=True),
                    models.Q(("domain", ""), _negated=True),
                    _connector="OR",
                ),
                name="a_cluster_of_hubs_has_a_domain",
            ),
        ),
        migrations.AddField(
            model_name="hubsecret",
            name="set_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="hubsecret",
            name="set_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            model_name="hubsecret",
            name="name",
            field=models.CharField(max_length=200),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="copied_from",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="hubs.hub"
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="copy_people",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="rosterentry",
            name="group",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="cluster",
            name="currency",
            field=models.CharField(default="EUR", max_length=3),
        ),
        migrations.AddField(
            model_name="cluster",
            name="hours_a_month",
            field=models.PositiveIntegerField(default=40),
        ),
        migrations.AddField(
            model_name="cluster",
            name="storage_price",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="hub",
            name="ended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="hub",
            name="ends_on",
            field=models.DateField(db_index=True, null=True),
        ),
        migrations.AddField(
            model_name="hub",
            name="starts_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="hub",
            name="stopped_by_end",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="cluster",
            name="credentials_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="hub",
            name="extra_config",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="user",
            name="service_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="service_accounts",
                to="hubs.organization",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="quiet_from",
            field=models.TimeField(null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="quiet_until",
            field=models.TimeField(null=True),
        ),
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="user",
            name="service_makers",
            field=models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="user",
            name="sign_outs",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="address",
            field=models.GenericIPAddressField(null=True, unpack_ipv4=True),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="made_by",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="via",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name="hubsecret",
            name="generation",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="hubsecret",
            name="old",
            field=hubs.crypto.EncryptedTextField(null=True),
        ),
        migrations.AddField(
            model_name="cluster",
            name="found_addresses",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.RemoveField(
            model_name="rosterentry",
            name="group",
        ),
        migrations.AddField(
            model_name="rosterentry",
            name="name",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name="hub",
            name="scheduled",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="organization",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AlterField(
            model_name="hub",
            name="status",
            field=models.CharField(
                choices=[
                    ("scheduled", "Scheduled"),
                    ("creating", "Creating"),
                    ("ready", "Ready"),
                    ("updating", "Updating"),
                    ("suspending", "Suspending"),
                    ("suspended", "Suspended"),
                    ("repairing", "Repairing"),
                    ("stalled", "Stalled"),
                    ("unknown", "Unknown"),
                    ("retiring", "Retiring"),
                    ("retired", "Retired"),
                ],
                db_index=True,
                default="creating",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="recorded",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="asked_data",
            field=models.JSONField(null=True),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["organization", "-at", "-id"], name="audit_by_organization"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["hub", "-at", "-id"], name="audit_by_hub"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["verb", "-at", "-id"], name="audit_by_verb"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["actor", "-at", "-id"], name="audit_by_actor"),
        ),
        migrations.AddField(
            model_name="user",
            name="guessed",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="hub",
            name="urgency",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(status="stalled", then=models.Value(0)),
                    models.When(status="unknown", then=models.Value(1)),
                    models.When(status="repairing", then=models.Value(2)),
                    models.When(status="scheduled", then=models.Value(3)),
                    models.When(status="creating", then=models.Value(4)),
                    models.When(status="ready", then=models.Value(5)),
                    models.When(status="updating", then=models.Value(6)),
                    models.When(status="suspending", then=models.Value(7)),
                    models.When(status="suspended", then=models.Value(8)),
                    models.When(status="retiring", then=models.Value(9)),
                    models.When(status="retired", then=models.Value(10)),
                    default=models.Value(11),
                ),
                output_field=models.PositiveSmallIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(
                condition=models.Q(("retired_at", None)), fields=["organization", "title", "id"], name="hub_in_place"
            ),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["organization", "-created_at", "-id"], name="hub_newest_in_place"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["-created_at", "-id"], name="hub_newest"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["title", "id"], name="hub_by_title"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["urgency", "-failures", "title", "id"], name="hub_by_urgency"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["urgency", "title", "id"], name="hub_status_by_title"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["urgency", "-created_at", "-id"], name="hub_status_newest"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["-seats", "title", "id"], name="hub_largest"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["observed_at", "id"], name="hub_longest_unseen"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["organization", "-seats", "title", "id"], name="hub_largest_in_place"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["organization", "urgency", "title", "id"], name="hub_urgent_in_place"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["organization", "ends_on", "title", "id"], name="hub_ends_in_place"),
        ),
        migrations.AddIndex(
            model_name="hub",
            index=models.Index(fields=["created_by", "ends_on"], name="hub_ends_of_maker"),
        ),
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(fields=["name", "id"], name="organization_by_name"),
        ),
        migrations.AddIndex(
            model_name="rosterentry",
            index=models.Index(fields=["email"], name="roster_email"),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["-updated_at", "-id"], name="request_updated"),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["-created_at", "-id"], name="request_newest"),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["title", "id"], name="request_by_title"),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["state", "submitted_at", "id"], name="request_queue"),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["requester", "-updated_at", "-id"], name="request_of_person"),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["requester", "state", "-updated_at"], name="request_to_finish"),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["requester", "-created_at", "-id"], name="request_newest_of_person"),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["organization", "-updated_at", "-id"], name="request_in_place"),
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(max_length=20, unique=True)),
                ("digest", models.CharField(max_length=64)),
                ("scopes", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("used_from", models.GenericIPAddressField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hub",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hubs.hub"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hubs.organization"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("client", models.CharField(blank=True, max_length=40)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="hubs.apitoken",
                    ),
                ),
                ("people", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="AuditRecord",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="record",
                        serialize=False,
                        to="hubs.auditevent",
                    ),
                ),
                ("data", models.JSONField()),
                ("cut", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="CatalogueImage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40)),
                ("name", models.CharField(max_length=60)),
                ("description", models.CharField(blank=True, max_length=300)),
                ("image", models.CharField(max_length=255)),
                ("tag", models.CharField(max_length=128)),
                ("digest", models.CharField(blank=True, max_length=80)),
                ("newer", models.CharField(blank=True, max_length=128)),
                ("languages", models.JSONField(default=list)),
                ("everywhere", models.BooleanField(default=True)),
                ("offered", models.BooleanField(default=True)),
                ("position", models.PositiveIntegerField(default=100)),
                ("changes", models.PositiveIntegerField(default=0)),
                ("contents", models.JSONField(default=dict)),
                ("packages", models.JSONField(default=dict)),
                ("probed_at", models.DateTimeField(null=True)),
                (
                    "probe_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not probed"),
                            ("asked", "Probe requested"),
                            ("running", "Probing"),
                            ("starts", "Starts"),
                            ("fails", "Doesn’t start"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("probe_trouble", models.TextField(blank=True)),
                ("probe_before", models.CharField(blank=True, max_length=10)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="catalogue_images",
                        to="hubs.organization",
                    ),
                ),
                (
                    "organizations",
                    models.ManyToManyField(blank=True, related_name="images_for_it", to="hubs.organization"),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="hubs.catalogueimage",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "name", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "slug"), name="one_image_a_slug"),
                    models.UniqueConstraint(
                        condition=models.Q(("organization", None)), fields=("slug",), name="one_portal_image_a_slug"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContentLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("repository", models.CharField(max_length=1000)),
                ("branch", models.CharField(blank=True, max_length=1000)),
                ("path", models.CharField(blank=True, max_length=1000)),
                ("app", models.CharField(blank=True, max_length=20)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "hub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="content_links", to="hubs.hub"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("hub", "name"), name="one_link_a_name")],
            },
        ),
        migrations.CreateModel(
            name="DateNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("in-30", "30 days before the last day"),
                            ("in-7", "7 days before the last day"),
                            ("in-1", "1 day before the last day"),
                            ("ended", "after the last day"),
                            ("retiring", "7 days before it is retired"),
                            ("retired", "when it was retired"),
                        ],
                        max_length=10,
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "hub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="date_notices", to="hubs.hub"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("hub", "kind"), name="one_date_notice_a_kind")],
            },
        ),
        migrations.CreateModel(
            name="DeviceGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("user_code", models.CharField(max_length=8, unique=True)),
                ("client", models.CharField(max_length=40)),
                ("scopes", models.JSONField(default=list)),
                ("asked_from", models.GenericIPAddressField(null=True)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("interval", models.PositiveSmallIntegerField()),
                ("polled_at", models.DateTimeField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("allowed", "Allowed"),
                            ("denied", "Denied"),
                            ("used", "Used"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("days", models.PositiveSmallIntegerField(default=0)),
                (
                    "organization",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hubs.organization"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="device_expires")],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("type", models.CharField(max_length=50)),
                ("actor", models.CharField(blank=True, max_length=150)),
                ("actor_name", models.CharField(blank=True, max_length=150)),
                ("organization", models.CharField(blank=True, max_length=40)),
                ("hub", models.CharField(blank=True, max_length=20)),
                ("request", models.CharField(blank=True, max_length=36)),
                ("subject", models.CharField(max_length=200)),
                ("data", models.JSONField(default=dict)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(condition=models.Q(("told_at", None)), fields=["due_at"], name="event_waiting"),
                    models.Index(fields=["at"], name="event_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FailedClone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(max_length=255)),
                ("content", models.CharField(max_length=900)),
                ("why", models.CharField(max_length=20)),
                ("detail", models.CharField(blank=True, max_length=200)),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "hub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="failed_clones", to="hubs.hub"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("hub", "person"), name="one_failed_clone_a_person")],
            },
        ),
        migrations.CreateModel(
            name="HubDomain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=253)),
                ("token", models.CharField(max_length=64)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("proven_at", models.DateTimeField(null=True)),
                ("points_at", models.DateTimeField(null=True)),
                ("in_use_at", models.DateTimeField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("look_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "hub",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="own_domain", to="hubs.hub"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("proven_at__isnull", False)), fields=("name",), name="one_hub_a_proven_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("in_use_at", None), ("proven_at__isnull", False), _connector="OR"),
                        name="only_proven_names_are_used",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Institution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity_id", models.CharField(max_length=300, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("words", models.CharField(max_length=600)),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="KnownPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(blank=True, max_length=50)),
                ("browser", models.CharField(max_length=60)),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="known_places",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("person", "network", "browser"), name="one_known_place")
                ],
            },
        ),
        migrations.CreateModel(
            name="ListChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("added", models.JSONField(default=list)),
                ("removed", models.JSONField(default=list)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "hub",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="last_list_change", to="hubs.hub"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("notice", "One notice"),
                            ("digest", "The daily mail"),
                            ("invitation", "An invitation"),
                        ],
                        max_length=10,
                    ),
                ),
                ("day", models.DateField(null=True)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("dropped_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=200)),
                (
                    "invitation",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mail",
                        to="hubs.invitation",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("to", models.EmailField(blank=True, max_length=254)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("dropped_at", None), ("sent_at", None)), fields=["due_at"], name="mail_open"
                    ),
                    models.Index(fields=["made_at"], name="mail_made"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "digest")), fields=("person", "day"), name="one_daily_mail_a_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NamedAdmin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254)),
                (
                    "hub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="named_admins", to="hubs.hub"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("email", "hub"), name="one_named_admin")],
            },
        ),
        migrations.CreateModel(
            name="NotificationChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                (
                    "how",
                    models.CharField(
                        choices=[("now", "E-mail at once"), ("daily", "In the daily e-mail"), ("inbox", "Inbox only")],
                        max_length=10,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notification_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "kind"), name="one_choice_a_kind")],
            },
        ),
        migrations.CreateModel(
            name="RegistryLogin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=255)),
                ("username", models.CharField(max_length=200)),
                ("password", hubs.crypto.EncryptedTextField()),
                ("set_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="registry_logins",
                        to="hubs.organization",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["host"],
                "constraints": [models.UniqueConstraint(fields=("organization", "host"), name="one_login_a_registry")],
            },
        ),
        migrations.CreateModel(
            name="RequestContributor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("start", "Started it"),
                            ("save", "Edited it"),
                            ("secret", "Set a secret"),
                            ("submit", "Sent it"),
                            ("take_over", "Took it over"),
                            ("decide", "Decided on it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("account", models.CharField(max_length=150)),
                ("token", models.CharField(blank=True, max_length=20)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contributors",
                        to="hubs.changerequest",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("request", "person", "step", "account", "token"), name="one_contributor_a_step"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestReturn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.TextField()),
                ("spec_data", models.JSONField(null=True)),
                ("slug", models.CharField(blank=True, max_length=40)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="returns", to="hubs.changerequest"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RequestSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=190)),
                ("value", hubs.crypto.EncryptedTextField()),
                ("set_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="secrets", to="hubs.changerequest"
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("request", "path"), name="one_secret_a_path")],
            },
        ),
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
            options={
                "ordering": ["key"],
                "constraints": [models.UniqueConstraint(fields=("hub", "key"), name="one_spelling_a_group")],
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("password", "Password"),
                            ("provider", "Sign-in provider"),
                            ("hub", "Hub"),
                            ("token", "Token"),
                            ("device", "Device code"),
                            ("change", "Password change"),
                            ("link", "Secret link"),
                        ],
                        max_length=10,
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=120)),
                ("worked", models.BooleanField()),
                ("address", models.GenericIPAddressField(null=True, unpack_ipv4=True)),
                ("browser", models.CharField(blank=True, max_length=60)),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("count", models.PositiveIntegerField(default=1)),
                ("window", models.DateTimeField()),
                ("key", models.CharField(max_length=64, unique=True)),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-last_at", "-pk"],
                "indexes": [
                    models.Index(fields=["person", "-last_at"], name="sign_in_of_person"),
                    models.Index(fields=["-last_at"], name="sign_in_last"),
                    models.Index(fields=["window", "worked"], name="sign_in_window"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100)),
                ("asked", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(default=0)),
                ("body", models.JSONField(null=True)),
                ("headers", models.JSONField(default=dict)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "key"), name="one_answer_a_key")],
            },
        ),
        migrations.CreateModel(
            name="UserLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("person", "One person"), ("group", "A group"), ("everybody", "Everybody")],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=254)),
                ("memory_mib", models.PositiveIntegerField(null=True)),
                ("cpu", models.FloatField(null=True)),
                ("gpus", models.PositiveSmallIntegerField(null=True)),
                ("storage_mib", models.PositiveIntegerField(null=True)),
                ("servers", models.PositiveSmallIntegerField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "allowed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "hub",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="user_limits", to="hubs.hub"
                    ),
                ),
                (
                    "instead_of",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="hubs.userlimit"
                    ),
                ),
                ("asked_by", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["hub", "ended_at"], name="hubs_userli_hub_id_d45091_idx"),
                    models.Index(condition=models.Q(("ended_at", None)), fields=["until"], name="user_limits_that_end"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "everybody"), ("name", "")),
                            models.Q(
                                models.Q(("kind", "everybody"), _negated=True), models.Q(("name", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="a_rule_is_for_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("memory_mib__isnull", False),
                            ("cpu__isnull", False),
                            ("gpus__isnull", False),
                            ("storage_mib__isnull", False),
                            ("servers__isnull", False),
                            _connector="OR",
                        ),
                        name="a_rule_says_something",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_links",
                        to="hubs.organization",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_with",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="hubs.apitoken"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "organization"), name="one_calendar_link")],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.UUIDField()),
                ("type", models.CharField(max_length=50)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("decision", "Your requests"),
                            ("comment", "Comments"),
                            ("queue", "Waiting for staff"),
                            ("draft", "Forgotten drafts"),
                            ("hub", "Hubs that become ready"),
                            ("trouble", "Hubs in trouble"),
                            ("dates", "Last days"),
                            ("changes", "What others change"),
                            ("limits", "Limits"),
                            ("security", "Your account"),
                            ("people", "People"),
                        ],
                        max_length=20,
                    ),
                ),
                ("title", models.CharField(max_length=250)),
                ("text", models.TextField(blank=True)),
                ("button", models.CharField(max_length=60)),
                ("link", models.CharField(max_length=300)),
                ("organization", models.CharField(blank=True, max_length=40)),
                ("hub", models.CharField(blank=True, max_length=20)),
                ("request", models.CharField(blank=True, max_length=36)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "how",
                    models.CharField(
                        choices=[("now", "E-mail at once"), ("daily", "In the daily e-mail"), ("inbox", "Inbox only")],
                        max_length=10,
                    ),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notifications",
                        to="hubs.mail",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["person", "-at"], name="notification_inbox"),
                    models.Index(condition=models.Q(("read_at", None)), fields=["person"], name="notification_unread"),
                    models.Index(fields=["at"], name="notification_at"),
                    models.Index(
                        condition=models.Q(("how", "daily"), ("mail", None), ("read_at", None)),
                        fields=["person"],
                        name="notification_daily",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("person", "event"), name="told_once")],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("url", models.CharField(max_length=500)),
                ("description", models.CharField(blank=True, max_length=200)),
                ("types", models.JSONField(default=list)),
                ("secret", hubs.crypto.EncryptedTextField()),
                ("old_secret", hubs.crypto.EncryptedTextField(null=True)),
                ("old_until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("paused_at", models.DateTimeField(null=True)),
                ("paused_why", models.CharField(blank=True, max_length=300)),
                ("failing_since", models.DateTimeField(null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("quiet_until", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhooks",
                        to="hubs.organization",
                    ),
                ),
                (
                    "made_with",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="hubs.apitoken"
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.UUIDField()),
                ("type", models.CharField(max_length=50)),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("sent", "Arrived"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("since", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.TextField(blank=True)),
                ("seconds", models.FloatField(null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("attempts", models.JSONField(default=list)),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="hubs.webhook"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["webhook", "due_at"], name="delivery_waiting"
                    ),
                    models.Index(fields=["made_at"], name="delivery_made"),
                    models.Index(fields=["webhook", "-id"], name="delivery_newest"),
                    models.Index(fields=["webhook", "state"], name="delivery_state"),
                ],
                "constraints": [models.UniqueConstraint(fields=("webhook", "event"), name="one_delivery_an_event")],
            },
        ),
        migrations.CreateModel(
            name="StartingPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=60)),
                (
                    "picture",
                    models.CharField(
                        choices=[
                            ("book", "Book"),
                            ("flask", "Flask"),
                            ("calendar", "Calendar"),
                            ("globe", "Globe"),
                            ("chart", "Chart"),
                            ("code", "Code"),
                            ("map", "Map"),
                            ("people", "People"),
                            ("organization", "Building"),
                            ("memory", "Memory"),
                            ("cpu", "Processor"),
                            ("disk", "Disk"),
                        ],
                        default="book",
                        max_length=20,
                    ),
                ),
                ("description", models.CharField(blank=True, max_length=300)),
                ("everywhere", models.BooleanField(default=True)),
                ("offered", models.BooleanField(default=True)),
                ("position", models.PositiveIntegerField(default=100)),
                ("changes", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "organizations",
                    models.ManyToManyField(blank=True, related_name="starting_points", to="hubs.organization"),
                ),
            ],
            options={
                "ordering": ["position", "name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="StartingPointVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("draft", models.JSONField()),
                ("shown", models.JSONField(null=True)),
                ("message", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="hubs.startingpoint"
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [models.UniqueConstraint(fields=("point", "number"), name="one_version_a_number")],
            },
        ),
        migrations.AddField(
            model_name="startingpoint",
            name="version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hubs.startingpointversion"
            ),
        ),
        migrations.AddField(
            model_name="changerequest",
            name="starting_version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hubs.startingpointversion"
            ),
        ),
        migrations.AddField(
            model_name="hub",
            name="starting_version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="hubs",
                to="hubs.startingpointversion",
            ),
        ),
        migrations.AddField(
            model_name="rosterentry",
            name="groups",
            field=models.ManyToManyField(blank=True, related_name="entries", to="hubs.rostergroup"),
        ),
        migrations.AddField(
            model_name="invitation",
            name="made_with",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="hubs.apitoken"
            ),
        ),
    ]
