"""Commands of the command line, each with the real API."""

import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.people import listed_in
from cli.problems import CONFLICT, DIFFERS, LATE, NOT_FOUND, REFUSED, USAGE, Trouble
from hubs.accounts.services import tokens
from hubs.models import ApiToken, ChangeRequest, Hub, HubRevision, Membership, Role, RosterEntry
from hubs.requests.services import decisions

pytestmark = pytest.mark.django_db(transaction=True)
ALL = ["read", "request", "operate", "administer"]
ONE = """\
kind: Hub
organization: river
slug: stat-101
reason: For the course of this spring
spec: {about: {title: Statistics 102, ends: 2027-02-28}}
"""


@pytest.fixture
def terminal(live_server, tmp_path, monkeypatch):
    """Return `terminal(ines)("hubs", "list")`, which returns a command's output; `code=` is the expected exit code."""
    monkeypatch.setenv("HUBPORTAL_URL", live_server.url.replace("localhost", "127.0.0.1"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def of(person, *scopes):
        _, text = tokens.create(person=person, by=person, name="shell", scopes=scopes or ALL, days=1)

        def run(*args, code=0, given=None):
            monkeypatch.setenv("HUBPORTAL_TOKEN", text)
            done = CliRunner().invoke(app, list(args), input=given)
            run.trouble = done.exception if isinstance(done.exception, Trouble) else None
            ended = run.trouble.code if run.trouble else done.exit_code
            assert ended == code, f"{args}: {ended}\n{done.output}{run.trouble or done.exception}"
            return done.stdout

        run.data = lambda *args: json.loads(run("--json", *args))
        return run

    return of


# --- hubs -------------------------------------------------------------------------------------------------------------
def test_a_hub_is_listed_shown_and_operated(terminal, ines, ready_hub, pretended):
    shell = terminal(ines)
    assert [row["slug"] for row in shell.data("hubs", "list", "--status", "ready")] == ["stat-101"]
    assert "No hubs." in shell("hubs", "list", "--search", "nothing like it")
    for name in ("stat-101", "river/stat-101", ready_hub.uid):
        assert shell.data("hubs", "show", name)["uid"] == ready_hub.uid
    assert "status         ready" in shell("hubs", "show", "stat-101")
    shell("hubs", "show", "lake/stat-101", code=NOT_FOUND)
    for verb, state in (("suspend", "suspended"), ("resume", "running")):
        assert shell.data("hubs", verb, "stat-101")["desiredState"] == state
    shell("hubs", "restart", "stat-101")
    shell("hubs", "watch", "stat-101", "--timeout", "0", code=LATE)


def test_servers_are_listed_started_and_stopped(terminal, ines, life):
    shell = terminal(ines)
    assert [row["user"] for row in shell.data("hubs", "servers", "stat-101")] == ["mia", "tom"]
    shell("hubs", "stop-server", "stat-101", "mia")
    assert [server.user for server in life.servers] == ["tom"]
    shell("hubs", "start-server", "stat-101", "../nobody", code=NOT_FOUND)


def test_revisions_runs_and_changes_of_a_hub_are_shown(terminal, ines, ready_hub, ask):
    shell = terminal(ines)
    assert shell.data("requests", "list", "--state", "approved")[0]["slug"] == "stat-101"
    asked = shell.data("api", "POST", "/api/v1/requests/", "--data", json.dumps(
        {"hub": ready_hub.uid, "spec": {**shell.data("hubs", "show", "stat-101")["spec"]} | {
            "about": {"title": "Another", "heads": 20}}}))  # fmt: skip
    assert asked["state"] == "approved"
    assert [row["number"] for row in shell.data("hubs", "revisions", "stat-101")] == [2, 1]
    assert "Another" in shell("hubs", "diff", "stat-101", "1", "2")
    assert shell.data("hubs", "revert", "stat-101", "1")["state"] == "approved"
    assert HubRevision.objects.filter(hub=ready_hub).count() == 3
    shell("hubs", "revert", "stat-101", "9", code=NOT_FOUND)
    shell("hubs", "extend", "stat-101", "tomorrow", code=REFUSED)
    assert shell.data("hubs", "extend", "stat-101", "2027-02-28")["kind"] == "change"
    shell("hubs", "export", "stat-101", "--to", "along")


# --- values files -----------------------------------------------------------------------------------------------------
def test_values_files_are_imported_in_order(terminal, ines, tmp_path):
    (tmp_path / "common.yaml").write_text("jupyterhub: {cull: {every: 60}, singleuser: {memory: {limit: 2G}}}")
    (tmp_path / "prod.yaml").write_text("jupyterhub: {cull: {every: 120}}\ndask-gateway: {}")
    shell = terminal(ines)
    words = ("requests", "import", "-f", "common.yaml", "-f", "prod.yaml", "--organization", "river", "--title", "Ours")
    shown = shell(*words, "--check")
    assert "prod.yaml: Not imported: dask-gateway." in shown
    assert "2 minutes" in shown
    assert not ChangeRequest.objects.exists()
    assert shell.data(*words)["request"]["state"] == "draft"
    assert ChangeRequest.objects.get().draft["cull.every"] == "2"
    shell(*words[:3], "none.yaml", *words[4:], code=USAGE)


# --- requests ---------------------------------------------------------------------------------------------------------
def test_a_request_goes_back_and_forth(terminal, ines, stan, waiting, tmp_path):
    teacher, staff = terminal(ines), terminal(stan, "read", "approve")
    uid = str(waiting.uid)
    assert staff.data("requests", "return", uid, "--reason", "For how many?")["state"] == "returned"
    assert teacher.data("requests", "comment", uid, "For 500.")["text"] == "For 500."
    assert teacher.data("requests", "submit", uid)["state"] == "submitted"
    assert "Needs review because" in teacher("requests", "plan", uid)
    teacher("requests", "approve", uid, code=NOT_FOUND)
    assert staff.data("requests", "reject", uid, "--reason", "Too many")["state"] == "rejected"
    staff("requests", "approve", uid, code=CONFLICT)
    (tmp_path / "one.yaml").write_text(ONE.replace("stat-101", "mine"))
    drafted = teacher.data("requests", "create", "-f", "one.yaml", "--draft")
    assert drafted["state"] == "draft"
    assert teacher.data("requests", "withdraw", drafted["uid"])["state"] == "withdrawn"


def test_staff_approve_other_numbers(terminal, ines, stan, waiting):
    staff, uid = terminal(stan, "read", "approve"), str(waiting.uid)
    staff("requests", "approve", uid, "--set", "heads", code=USAGE)
    staff("requests", "approve", uid, "--set", "about.heads=900", code=REFUSED)
    row = staff.data("requests", "approve", uid, "--set", "about.heads=60", "--until", "2031-02-28")
    assert [one["path"] for one in row["approvedOtherwise"]] == ["about.ends", "about.heads"]
    hub = Hub.objects.get()
    assert (hub.spec.about.heads, str(hub.ends_on)) == (60, "2031-02-28")


def test_waiting_for_a_decision_ends_at_its_timeout(terminal, ines, river, tmp_path):
    (tmp_path / "one.yaml").write_text(ONE.replace("title:", "heads: 900, title:"))
    shell = terminal(ines)
    shell("requests", "create", "-f", "one.yaml", "--wait", "--timeout", "0", code=LATE)
    assert "still waiting for staff" in str(shell.trouble)
    assert ChangeRequest.objects.get().state == "submitted"


# --- people -----------------------------------------------------------------------------------------------------------
def test_a_class_list(terminal, ines, mia, hub, tmp_path):
    shell = terminal(ines)
    assert "The people list is empty." in shell("roster", "show", "stat-101")
    (tmp_path / "class.csv").write_text("\ufeffemail\nmia\nMIA\n new@river.example.edu ,with,more\n\n")
    done = shell.data("roster", "import", "stat-101", "class.csv", "--group", "b")
    assert (done["new"], done["known"], done["removed"]) == (2, 0, 0)
    assert shell.data("roster", "add", "stat-101", "mia") == {"new": 0, "known": 1}
    shell("roster", "remove", "stat-101", "mia", "stranger", code=USAGE)
    assert RosterEntry.objects.filter(hub=hub).count() == 2
    assert shell.data("roster", "remove", "stat-101", "Mia") == {"removed": 1}
    assert [row["email"] for row in shell.data("roster", "show", "stat-101")] == ["new@river.example.edu"]
    assert shell.data("roster", "undo", "stat-101") == {"removed": 0, "restored": 1}
    shell("roster", "undo", "stat-101", code=REFUSED)
    assert RosterEntry.objects.filter(hub=hub).count() == 2
    shell("roster", "import", "stat-101", "nothing.csv", code=USAGE)


FROM_MOODLE = (
    "Nachname;Vorname;E-Mail-Adresse;Labor\nMüller;Zoë;zoe@river.example.edu;B\nNu;Tam;tam@river.example.edu;A\nBo;;;\n"
)


def test_a_class_list_of_another_program_is_previewed_imported_and_undone(terminal, ines, mia, hub, tmp_path):
    shell = terminal(ines)
    shell("roster", "add", "stat-101", "mia")
    (tmp_path / "class.csv").write_bytes(FROM_MOODLE.encode("cp1252"))
    seen = shell("roster", "preview", "stat-101", "class.csv", "--group-column", "4", "--equal")
    assert [line.split() for line in seen.splitlines()[1:4]] == [
        ["new", "zoe@river.example.edu", "Zoë", "Müller", "B"], ["new", "tam@river.example.edu", "Tam", "Nu", "A"],
        ["to", "remove", "mia"],
    ]  # fmt: skip
    assert "Line 4 could not be read: Bo" in seen
    assert shell.data("roster", "preview", "stat-101", "class.csv")["gone"] == ["mia"]
    assert [*RosterEntry.objects.values_list("user__username", flat=True)] == ["mia"], "nothing has changed yet"
    shell("roster", "preview", "stat-101", "class.csv", "--group-column", "0", code=USAGE)
    done = shell("roster", "import", "stat-101", "class.csv", "--group-column", "4", "--equal")
    assert "removed              1" in done
    assert "Line 4 could not be read" in done
    listed = shell.data("roster", "show", "stat-101")
    assert {row["email"]: row["groups"] for row in listed} == {
        "zoe@river.example.edu": ["B"], "tam@river.example.edu": ["A"]
    }  # fmt: skip
    assert shell.data("roster", "undo", "stat-101") == {"removed": 2, "restored": 1}
    assert [*RosterEntry.objects.values_list("user__username", flat=True)] == ["mia"]
    utf16 = tmp_path / "utf16.csv"
    utf16.write_text(FROM_MOODLE, encoding="utf-16")
    assert shell.data("roster", "import", "stat-101", "utf16.csv")["new"] == 2
    utf16.write_text("x" * 1024 * 1025)
    shell("roster", "import", "stat-101", "utf16.csv", code=USAGE)


def test_an_exported_list_is_imported_unchanged(terminal, ines, mia, hub, tmp_path):
    """A spreadsheet takes "+1" for a formula, so the exported file has '+1; a table on the terminal doesn't."""
    shell = terminal(ines)
    shell("roster", "add", "stat-101", "mia", "--group", "+1")
    table = shell("roster", "export", "stat-101")
    assert table.splitlines()[0] == "person,name,role,groups"
    assert "'+1" in table
    assert "'+1" not in shell("roster", "show", "stat-101")
    shell("roster", "export", "stat-101", "--to", "class.csv")
    assert (tmp_path / "class.csv").read_text() == table
    shell("roster", "export", "stat-101", "--to", "no/such/folder.csv", code=1)
    shell("roster", "remove", "stat-101", "mia")
    seen = shell("roster", "preview", "stat-101", "class.csv")
    assert "+1" in seen
    assert "'" not in seen
    shell("roster", "import", "stat-101", "class.csv")
    [row] = shell.data("roster", "show", "stat-101")
    assert (row["user"], row["groups"]) == ("mia", ["+1"])
    assert listed_in(tmp_path / "class.csv") == (["mia"], {"mia": ["+1"]})


def test_content_links(terminal, ines, ivo, mia, ready_hub):
    shell = terminal(ines)
    assert "no saved links" in shell("links", "list", "stat-101")
    repo = "https://git.example.edu/stats/course"
    made = shell.data("links", "add", "stat-101", "Week 1", f"{repo}/blob/main/week-1/a.ipynb")
    assert (made["repository"], made["branch"], made["path"]) == (repo, "main", "week-1/a.ipynb")
    shell("links", "add", "stat-101", "Week 2", repo, "--branch", "dev", "--opens", "b.ipynb", "--app", "notebook")
    shell("links", "add", "stat-101", "Week 3", f"{repo}/pull/3", code=REFUSED)
    assert [row["name"] for row in shell.data("links", "list", "stat-101")] == ["Week 1", "Week 2"]
    shell("links", "rename", "stat-101", "Week 1", "Week 2", code=USAGE)
    shell("links", "rename", "stat-101", "Week 9", "Week 3", code=NOT_FOUND)
    renamed = shell.data("links", "rename", "stat-101", "Week 2", "Second week")
    assert (renamed["branch"], renamed["path"], renamed["app"]) == ("dev", "b.ipynb", "notebook")
    assert "Second week" in shell("links", "list", "stat-101")
    shell("links", "remove", "stat-101", "Week 2", code=NOT_FOUND)
    shell("links", "remove", "stat-101", "Second week")
    assert [row["name"] for row in shell.data("links", "list", "stat-101")] == ["Week 1"]
    terminal(ines, "read")("links", "remove", "stat-101", "Week 1", code=NOT_FOUND)


def test_groups_of_a_class_list(terminal, ines, mia, hub, tmp_path):
    shell = terminal(ines)
    (tmp_path / "class.csv").write_text("person,role,groups\nmia,user,Lab B; Project 7\nnew@river.example.edu,user,\n")
    assert shell.data("roster", "import", "stat-101", "class.csv", "--group", "All")["new"] == 2
    found = {row["user"] or row["email"]: row["groups"] for row in shell.data("roster", "show", "stat-101")}
    assert found == {"mia": ["All", "Lab B", "Project 7"], "new@river.example.edu": ["All"]}
    assert "All, Lab B, Project 7" in shell("roster", "show", "stat-101")
    said = ("--add", "Lab C", "--remove", "all", "--remove", "LAB B")
    assert shell.data("roster", "groups", "stat-101", "mia", "new@river.example.edu", *said) == {"changed": 2}
    found = {row["user"] or row["email"]: row["groups"] for row in shell.data("roster", "show", "stat-101")}
    assert found == {"mia": ["Lab C", "Project 7"], "new@river.example.edu": ["Lab C"]}
    shell("roster", "groups", "stat-101", "stranger", "--add", "Lab C", code=USAGE)


def test_who_sees_which_server_options(terminal, ines, ivo, mia, hub):
    shell = terminal(ines)
    assert "This hub has no server options" in shell("roster", "sees", "stat-101", "--person", "mia")
    size = {"display_name": "Size", "choices": {"small": {"display_name": "S"}}, "unlisted_choice": {"enabled": True}}
    profiles = [{"display_name": "GPU", "allowed_groups": ["gpu"]}, {"display_name": "Closed", "allowed_groups": []},
                {"display_name": "Usual", "profile_options": {"size": size}}]  # fmt: skip
    row = hub.revision
    row.data = {**row.data, "singleuser": {**row.data["singleuser"], "profileList": profiles}}
    row.save(update_fields=["data"])
    shell("roster", "add", "stat-101", "mia", "--group", "GPU")
    lines = [line.split("  ") for line in shell("roster", "sees", "stat-101", "--group", "none").splitlines()]
    found = {line[0]: [cell.strip() for cell in line[1:] if cell.strip()] for line in lines[1:]}
    assert found["GPU"] == ["no", "only for gpu"]
    assert found["Closed"] == ["no", "only for no one"]
    assert found["Usual"] == ["yes", "Size: S, Other..."]
    assert "In these groups: GPU, users." in shell("roster", "sees", "stat-101", "--person", "mia")
    told = shell.data("roster", "sees", "stat-101", "--person", "mia")
    assert [one["name"] for one in told["profiles"]] == ["GPU", "Usual"]
    other = terminal(ivo)
    assert other.data("roster", "sees", "stat-101")["groups"] == []
    other("roster", "sees", "stat-101", "--person", "mia", code=NOT_FOUND)


def test_limits_of_people(terminal, ines, omar, mia, hub):
    terminal(ines)("limits", "people", "stat-101", code=NOT_FOUND)
    shell = terminal(omar)
    assert "No user limits" in shell("limits", "people", "stat-101")
    [made] = shell.data("limits", "give", "stat-101", "memory=1024", "--to", "mia", "--reason", "A map")
    assert (made["kind"], made["name"]) == ("person", "mia")
    assert [row["id"] for row in shell.data("limits", "people", "stat-101")] == [made["id"]]
    shell("limits", "give", "stat-101", "memory=much", code=USAGE)
    shell("limits", "give", "stat-101", "wings=2", code=USAGE)
    shell("limits", "give", "stat-101", "memory=99999999", code=REFUSED)
    shell("limits", "end", "stat-101", str(made["id"]))
    assert shell.data("limits", "people", "stat-101") == []


def test_limits_of_an_organisation(terminal, ada, stan, river):
    assert terminal(ada).data("limits", "show", "river")["limits"]["usersPerHub"] == 50
    terminal(ada)("limits", "set", "river", "usersPerHub=60", code=NOT_FOUND)
    staff = terminal(stan)
    assert staff.data("limits", "set", "river", "usersPerHub=60")["usersPerHub"] == 60
    staff("limits", "set", "river", "usersPerHub", code=USAGE)


# --- tokens -----------------------------------------------------------------------------------------------------------
def test_tokens_are_made_listed_and_revoked(terminal, ines, river):
    shell = terminal(ines)
    assert shell("tokens", "create", "term", "--scope", "read", "--days", "5").startswith("hubp_")
    bound = shell.data("tokens", "create", "term", "--scope", "read", "--organization", "river")
    shell("tokens", "create", "more", "--scope", "approve", code=REFUSED)
    assert {row["name"] for row in shell.data("tokens", "list")} == {"shell", "term"}
    shell("tokens", "revoke", str(bound["id"]))
    assert ApiToken.objects.get(pk=bound["id"]).revoked_at
    assert shell.data("whoami")["may"] == sorted(ALL, key=["read", "request", "operate", "administer"].index)


# --- a file in git ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "words"),
    [("", "0 hubs"), ("kind: [", "line 1"), ("- a", "document 1"), ("kind: Pod", "kind: Hub"), (ONE + "x: 1", "“x”"),
     (ONE.replace("slug: stat-101\n", ""), "“slug” is missing"), (ONE + "values: {a: 1}", "either"),
     (ONE + "---\n" + ONE, "twice"), (ONE + "---\n- b", "document 2"), (ONE + "roster: no.csv", "no.csv")],
)  # fmt: skip
def test_an_invalid_file_is_reported_with_the_place_of_the_error(terminal, ines, tmp_path, text, words):
    (tmp_path / "term.yaml").write_text(text)
    shell = terminal(ines)
    shell("apply", "-f", "term.yaml", code=USAGE)
    assert words in str(shell.trouble)


def test_a_file_makes_one_request(terminal, ines, stan, river, tmp_path):
    (tmp_path / "term.yaml").write_text(ONE.replace("title:", "heads: 80, title:"))
    shell = terminal(ines)
    assert "+ river/stat-101: create" in shell("apply", "-f", "term.yaml", "--plan", code=DIFFERS)
    assert ChangeRequest.objects.count() == 0
    assert "waiting for staff" in shell("apply", "-f", "term.yaml", given="y\n")
    assert "? river/stat-101: waiting for staff" in shell("apply", "-f", "term.yaml", "--yes")
    request = ChangeRequest.objects.get()
    decisions.approve(request=request, by=stan, seen=request.content_hash)
    assert "No changes: all hubs match the file." in shell("apply", "-f", "term.yaml", "--plan")
    (tmp_path / "term.yaml").write_text(ONE.replace("title:", "heads: 40, title:"))
    assert shell.data("apply", "-f", "term.yaml", "-y")[0]["differences"] == ["about.heads"]
    assert Hub.objects.get().spec.about.heads == 40
    assert str(Hub.objects.get().spec.about.ends) == "2027-02-28"


def test_a_setting_that_a_hub_cannot_honour_is_refused_with_its_field(terminal, ines, river, tmp_path):
    (tmp_path / "term.yaml").write_text(ONE.replace("}}", "}, singleuser: {storage: {type: none, capacity: 20Gi}}}"))
    shell = terminal(ines)
    shell("apply", "-f", "term.yaml", "--yes", code=REFUSED)
    assert "spec.singleuser.storage.capacity: This has an effect only if “Storage type” is" in shell.trouble.lines[0]
    assert not ChangeRequest.objects.exists()


def test_a_field_that_the_file_sets_has_only_the_files_value(terminal, ines, river, tmp_path):
    shell, file = terminal(ines), tmp_path / "term.yaml"
    for said, env in (("{A: '1', B: '2'}", {"A": "1", "B": "2"}), ("{B: '3'}", {"B": "3"})):
        file.write_text(ONE.replace("}}", "}, singleuser: {extraEnv: " + said + "}}"))
        shell("apply", "-f", "term.yaml", "--yes")
        assert Hub.objects.get().spec.singleuser.extraEnv == env
        assert "No changes: all hubs match the file." in shell("apply", "-f", "term.yaml", "--plan")


def test_a_hub_of_another_organisation_is_not_found(terminal, zoe, hub):
    Membership.objects.filter(user=zoe).update(role=Role.OWNER)
    shell = terminal(zoe)
    for args in (("hubs", "show", "stat-101"), ("hubs", "suspend", hub.uid), ("roster", "show", "river/stat-101")):
        shell(*args, code=NOT_FOUND)
    hub.refresh_from_db()
    assert hub.desired_state == "running"


# --- the audit --------------------------------------------------------------------------------------------------------
def test_the_audit_is_read_narrowed_and_exported(terminal, ines, ada, ready_hub, mia):
    shell, owner = terminal(ines), terminal(ada)
    names = [f"student-number-{n:04}@students.example.edu" for n in range(45)]
    shell("roster", "add", "stat-101", *names)
    lines = owner.data("audit", "list", "--organization", "river", "--group", "people", "--group", "limits")
    assert {line["verb"] for line in lines} == {"roster.add"}
    whole = shell.data("audit", "show", str(lines[0]["id"]), "--hub", "stat-101")
    assert [one["person"] for one in whole["record"]["people"]] == names
    text = owner("audit", "export", "--organization", "river", "--group", "people")
    assert text.splitlines()[0].startswith("id,at,actor")
    assert len(text.splitlines()) == 2
    shell("audit", "list", "--organization", "river", code=NOT_FOUND)
    shell("audit", "list", "--organization", "river", "--hub", "stat-101", code=USAGE)
    shell("audit", "list", code=NOT_FOUND)
