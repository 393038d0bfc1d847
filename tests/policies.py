"""Policies that are right and wrong, for the tests of the parser and of the schema."""

from __future__ import annotations

from dataclasses import dataclass

GOOD = """\
[log]
url = "dir:change-log"
origin = "acme.example/changes"

[evidence]
url = "dir:change-evidence"

[forges.github]
url = "https://github.com"

[tickets.jira]
url = "https://acme.atlassian.net"
projects = ["CHG"]
deployable = ["Approved"]

[services.shop]
repository = "https://github.com/acme/shop"

[environments.production]
approvals = { by = ["change-board"] }

[groups]
change-board = ["alice", "bob"]

[[people]]
name = "alice"
emails = ["Alice@acme.example"]
jira = "5b10ac8d82e05b22cc7d4ef5"
github = "alice"

[[people]]
name = "bob"
jira = "b0b"
"""


@dataclass(frozen=True)
class Wrong:
    """An edit of ``GOOD`` that spoils it, and words its error must hold.

    ``in_schema``: the JSON Schema must see it too; what is not in it needs more than a schema.
    """

    old: str
    new: str
    says: tuple[str, ...]
    in_schema: bool = True


def edited(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)


ALICE = 'name = "alice"'
JIRA = 'projects = ["CHG"]'
APPROVALS = 'approvals = { by = ["change-board"] }'
ENVIRONMENT = f"[environments.production]\n{APPROVALS}"
SERVICE = 'repository = "https://github.com/acme/shop"'
PEOPLE = GOOD[GOOD.index("[[people]]") :]

RIGHT: dict[str, str] = {
    "the least": GOOD,
    "all of jira": edited(
        JIRA,
        'projects = ["CHG", "OPS_2"]\nflavour = "datacenter"\ntypes = ["Change"]\n'
        'approvals = ["jsm", { transition = "Approved" }, { field = "Approvers" }]\n'
        'scope = ["component", "customfield_10070", "description#What changes"]\n'
        'rollback_plan = ["customfield_10080"]\ntest_plan = ["description#Tests"]\nca = "ca.pem"\n',
    ),
    "all of an environment": edited(
        APPROVALS,
        'controls = { peer-reviewed = "require", test-plan = "off", approved = "warn" }\n'
        'approvals = { required = 2, by = ["alice", "bob"], sources = ["change-request", '
        '"pull-request"], independent_of = ["deployer"], predates = "pipeline" }\n'
        'ticket = { sources = ["branch", "option"], predates = "job", minimum_lead = "14d" }\n'
        'accept_claims = ["pipeline-start", "deployer"]',
    ),
    "emergencies": edited(
        APPROVALS,
        f'{APPROVALS}\nemergency = {{ waives = ["approved", "ticket-open"], by = ["alice"], '
        'review_within = "12h", offline = true }',
    ),
    "nothing accepted": edited(APPROVALS, f"{APPROVALS}\naccept_claims = []"),
    "all of a service": edited(
        SERVICE, f'{SERVICE}\nrelease_refs = ["main", "release/*"]\nnames = ["Web shop"]'
    ),
    "release refs written out": edited(
        SERVICE,
        f'{SERVICE}\nrelease_refs = ["refs/heads/main", "refs/heads/release/**", "refs/tags/v*", '
        '"refs/tags/stable", "refs-to-come"]',
    ),
    "a name with a space inside": edited("[services.shop]", '[services."web shop"]'),
    "integrity control required": edited(
        APPROVALS, f'{APPROVALS}\ncontrols = {{ ticket-given = "require" }}'
    ),
    "network": GOOD + '[network]\nbudget = "30s"\nclock_tolerance = "0s"\nca = "ca.pem"\n',
    "identity": GOOD + '[identity]\none_account_per_person = ["jira", "github"]\n',
    "no single sign-on": GOOD + "[identity]\none_account_per_person = []\n",
    "a log on a branch": edited('"dir:change-log"', '"git+https://github.com/acme/log.git#log"'),
    "a log by ssh": edited('"dir:change-log"', '"git+ssh://git@github.com/acme/log.git#log/a"'),
    "a log in a bucket": edited(
        '"dir:change-log"',
        '"s3://acme-changes/gate"\nregion = "eu-central-1"\nretention = "400d"',
    ),
    "a bucket of one's own": edited(
        '"dir:change-log"', '"s3://changes"\nendpoint = "https://s3.acme.example"\nca = "ca.pem"'
    ),
    "disclosures in a bucket": edited(
        '"dir:change-evidence"',
        '"s3://people"\nendpoint = "https://s3.acme.example"\nregion = "eu"\nca = "ca.pem"',
    ),
    "both in one bucket": edited('"dir:change-log"', '"s3://changes/log"').replace(
        '"dir:change-evidence"', '"s3://changes/logged-people"'
    ),
    "a second service": GOOD + f'[services.api]\n{SERVICE}\nnames = ["API"]\n',
    "loopback": GOOD.replace("https://github.com", "http://127.0.0.1:8080"),
    "server's own api": edited(
        'url = "https://github.com"', 'url = "https://github.com"\napi = "https://x.example/api"'
    ),
    "plain git": edited('[forges.github]\nurl = "https://github.com"', "").replace(
        "https://github.com/acme/shop", "ssh://git@git.acme.example/shop.git"
    ),
}

WRONG: tuple[Wrong, ...] = (
    # unknown keys, missing keys, wrong types
    Wrong("[log]", "[logs]", ("logs: unknown key", 'did you mean "log"?')),
    Wrong("url = ", "urll = ", ("log.urll: unknown key", '"url"')),
    Wrong("projects", "project", ("tickets.jira.project: unknown key", '"projects"')),
    Wrong("{ by =", "{ bye =", ("environments.production.approvals.bye", '"by"')),
    Wrong('by = ["change-board"]', "", ("environments.production.approvals.by: missing",)),
    Wrong(APPROVALS, "", ("environments.production.approvals: missing",)),
    Wrong('origin = "acme.example/changes"', "", ("log.origin: missing",)),
    Wrong('[evidence]\nurl = "dir:change-evidence"', "", ("evidence.url: missing",)),
    Wrong('deployable = ["Approved"]', "", ("tickets.jira.deployable: missing",)),
    Wrong("[services.shop]\n" + SERVICE, "", ("services: missing",)),
    Wrong(ENVIRONMENT, "", ("environments: missing",)),
    Wrong(
        JIRA, "projects = 1", ("tickets.jira.projects: expected an array, found a whole number",)
    ),
    Wrong(JIRA, "projects = [true]", ("tickets.jira.projects[0]", "string", "a boolean")),
    Wrong(JIRA, "projects = []", ("tickets.jira.projects: must not be empty",)),
    Wrong(JIRA, 'projects = ["CHG", "CHG"]', ("tickets.jira.projects[1]", "twice")),
    Wrong(JIRA, 'projects = ["chg"]', ("tickets.jira.projects[0]", "no project key")),
    Wrong('"dir:change-log"', "2026-01-05", ("log.url: expected a string, found a date",)),
    Wrong('"dir:change-log"', '" "', ("log.url: must not be blank",)),
    Wrong('"dir:change-log"', '"dir:a\\u0000b"', ("log.url", "cannot be printed"), in_schema=False),
    Wrong(
        "[services.shop]\n" + SERVICE, "[services]\nshop = 1", ("services.shop: expected a table",)
    ),
    # stores
    *(
        Wrong('"dir:change-log"', f'"{url}"', ("log.url",))
        for url in (
            *("s3://", "s3://Bucket", "s3://b/p?x=1", "s3://user@bucket/p", "https://x.example/r"),
            *("git+https://x.example/r", "git+https://x.example/r#", "git+https://x.example/r#-f"),
            "git+ftp://x.example/r#log",
        )
    ),
    *(
        Wrong('"dir:change-log"', f'"{url}"', ("log.url",), in_schema=False)
        for url in (
            *("s3://bucket/../x", "git+https://x.example/r#a..b", "git+file://x#log"),
            *("git+ssh://host#log", "git+https://x.example/r#log.lock"),
        )
    ),
    Wrong(
        '"dir:change-log"',
        '"git+https://u:p@x.example/r#log"',
        ("log.url", "no user or password"),
        in_schema=False,
    ),
    Wrong('"dir:change-log"', '"git+http://x.example/r#log"', ("log.url",), in_schema=False),
    *(
        Wrong('"dir:change-log"', f'"{url}"\n{line}', (f"log.{line.partition(' ')[0]}",))
        for url, line in (
            ("s3://bucket", 'endpoint = "http://minio.example"'),
            ("s3://bucket", 'region = "eu west"'),
            ("s3://bucket", 'retention = "a year"'),
            ("s3://bucket", 'retenton = "400d"'),
        )
    ),
    Wrong(
        '"dir:change-log"',
        '"dir:change-log"\nendpoint = "https://s3.example"',
        ("log.endpoint", "buckets"),
        in_schema=False,
    ),
    Wrong(
        '"dir:change-log"',
        '"gs://bucket"\nregion = "eu"',
        ("log.region", "s3"),
        in_schema=False,
    ),
    # not built yet
    Wrong('"dir:change-log"', '"memory:"', ("log.url", "no store")),
    Wrong("[tickets.jira]", "[tickets.servicenow]", ("tickets.servicenow", "not built yet")),
    Wrong("[tickets.jira]", "[tickets.jra]", ("tickets.jra", '"jira"')),
    Wrong("[forges.github]", "[forges.gitlab]", ("forges.gitlab", "not built yet")),
    Wrong(
        APPROVALS,
        f'{APPROVALS}\nafter = {{ environment = "staging", within = "14d" }}',
        ("environments.production.after", "not built yet"),
    ),
    *(
        Wrong(
            APPROVALS,
            f"{APPROVALS}\nemergency = {{ {rules} }}",
            (f"environments.production.emergency{at}", *says),
            in_schema=in_schema,
        )
        for rules, at, says, in_schema in (
            ('waives = ["approved"]', ".by", ("missing",), True),
            ('by = ["alice"]', ".waives", ("missing",), True),
            ('by = ["alice"], waives = []', ".waives", ("must not be empty",), True),
            ('by = ["dave"], waives = ["approved"]', ".by[0]", ('"dave"',), False),
            ('by = ["alice"], waives = ["aproved"]', ".waives[0]", ('"approved"',), True),
            ('by = ["alice"], waives = ["freeze"]', ".waives[0]", ("not built yet",), True),
            *(
                (f'by = ["alice"], waives = ["{one}"]', ".waives[0]", ("integrity control",), True)
                for one in (
                    *("ticket-given", "ticket-exists", "approver-independent"),
                    *("clock-sane", "policy-pinned"),
                )
            ),
            (
                'by = ["alice"], waives = ["approved", "emergency-reviewed"]',
                ".waives[1]",
                ("the duty to review",),
                True,
            ),
            *(
                (
                    f'by = ["alice"], waives = ["approved"], review_within = "{time}"',
                    ".review_within",
                    (),
                    False,
                )
                for time in ("0s", "4m", "15d")
            ),
            (
                'by = ["alice"], waives = ["approved"], offline = "no"',
                ".offline",
                ("expected true or false",),
                True,
            ),
            (
                'by = ["alice"], waives = ["approved"], within = "1h"',
                ".within",
                ("unknown key",),
                True,
            ),
        )
    ),
    Wrong("[groups]", '[[freeze]]\nname = "x"\n[groups]', ("freeze", "not built yet")),
    *(
        Wrong(
            APPROVALS,
            f'{APPROVALS}\ncontrols = {{ {control} = "off" }}',
            (f"environments.production.controls.{control}", "not built yet"),
        )
        for control in ("change-window", "freeze", "tested-before")
    ),
    Wrong("{ by =", '{ sources = ["environment"], by =', ("approvals.sources[0]", "not built yet")),
    Wrong(
        "[groups]",
        '[identity]\none_account_per_person = ["gitlab"]\n[groups]',
        ("identity.one_account_per_person[0]", "not built yet"),
    ),
    # controls
    *(
        Wrong(
            APPROVALS,
            f'{APPROVALS}\ncontrols = {{ {control} = "{level}" }}',
            (f"environments.production.controls.{control}", "integrity control"),
        )
        for control in ("ticket-given", "approver-independent", "policy-pinned")
        for level in ("warn", "off")
    ),
    Wrong(
        APPROVALS,
        f'{APPROVALS}\ncontrols = {{ peer-review = "warn" }}',
        ("controls.peer-review: unknown control", '"peer-reviewed"'),
    ),
    Wrong(
        APPROVALS,
        f'{APPROVALS}\ncontrols = {{ peer-reviewed = "required" }}',
        ("controls.peer-reviewed: unknown value", '"require"'),
    ),
    # values
    Wrong("{ by =", "{ required = 0, by =", ("approvals.required: must be at least 1",)),
    Wrong("{ by =", "{ required = true, by =", ("approvals.required", "a boolean")),
    Wrong(
        "{ by =", "{ required = 3, by =", ("approvals.required", "3", "2 people"), in_schema=False
    ),
    Wrong("{ by =", '{ predates = "merge", by =', ("approvals.predates", "unknown value")),
    Wrong("{ by =", '{ independent_of = ["autor"], by =', ("independent_of[0]", "unknown value")),
    *(
        Wrong(
            APPROVALS,
            f'{APPROVALS}\nticket = {{ minimum_lead = "{text}" }}',
            ("environments.production.ticket.minimum_lead", "duration"),
        )
        for text in ("1", "1w", "-1s", "1.5h", "01h", "1 h", "10S", "१s")
    ),
    Wrong(
        APPROVALS,
        f'{APPROVALS}\nticket = {{ minimum_lead = "9999d" }}',
        ("minimum_lead", "ten years"),
        in_schema=False,
    ),
    Wrong(APPROVALS, f"{APPROVALS}\nticket = {{ sources = [] }}", ("sources: must not be empty",)),
    Wrong(APPROVALS, f'{APPROVALS}\naccept_claims = ["time"]', ("accept_claims[0]",)),
    Wrong(JIRA, f'{JIRA}\nscope = ["what changes"]', ("tickets.jira.scope[0]", "no place")),
    Wrong(JIRA, f'{JIRA}\nrollback_plan = ["description#"]', ("rollback_plan[0]", "no place")),
    Wrong(JIRA, f'{JIRA}\napprovals = ["JSM"]', ("tickets.jira.approvals[0]", "unknown place")),
    Wrong(
        JIRA, f'{JIRA}\napprovals = [{{ status = "A" }}]', ("approvals[0].status", "unknown key")
    ),
    Wrong(JIRA, f"{JIRA}\napprovals = [{{}}]", ("tickets.jira.approvals[0]", "expected one")),
    Wrong(JIRA, f'{JIRA}\nflavour = "server"', ("tickets.jira.flavour", "unknown value")),
    Wrong('"acme.example/changes"', '"acme example"', ("log.origin", "no origin")),
    Wrong('"acme.example/changes"', '"acme+example"', ("log.origin", "no origin")),
    Wrong(
        "[groups]", '[network]\nclock_tolerance = "1d"\n[groups]', ("at most 15m",), in_schema=False
    ),
    Wrong("[groups]", '[network]\nbudget = "0s"\n[groups]', ("network.budget",), in_schema=False),
    # places
    Wrong(
        '"dir:change-evidence"',
        '"dir:change-log"',
        ("evidence.url", "log's directory"),
        in_schema=False,
    ),
    Wrong('"dir:change-evidence"', '"dir:change-log/x"', ("evidence.url",), in_schema=False),
    Wrong("[evidence]", 'trust = "change-log/trust"\n[evidence]', ("log.trust",), in_schema=False),
    *(
        Wrong('"dir:change-evidence"', f'"{url}"', ("evidence.url", says))
        for url, says in (
            ("git+https://x.example/r.git#people", "forgets nothing"),
            ("git+file:///r#people", "forgets nothing"),
            ("memory:", "no place for disclosures"),
            ("s3://", "no place for disclosures"),
            ("s3://user@bucket/p", "no place for disclosures"),
        )
    ),
    Wrong('"dir:change-evidence"', '"s3://bucket/../x"', ("evidence.url",), in_schema=False),
    *(
        Wrong(
            'url = "dir:change-log"\norigin = "acme.example/changes"\n\n'
            '[evidence]\nurl = "dir:change-evidence"',
            f'url = "s3://changes/log"\norigin = "x"\n[evidence]\nurl = "{url}"\n{line}',
            ("evidence.url", "part of the bucket"),
            in_schema=False,
        )
        for url, line in (
            ("s3://changes/log", ""),
            ("s3://changes/log/people", ""),
            ("s3://changes/log/people", 'endpoint = "https://s3.acme.example"'),
        )
    ),
    *(
        Wrong('"dir:change-evidence"', f'"{url}"\n{line}', (f"evidence.{name}",), in_schema=False)
        for url, name, line in (
            ("dir:change-evidence", "endpoint", 'endpoint = "https://s3.example"'),
            ("gs://bucket", "endpoint", 'endpoint = "https://s3.example"'),
            ("az://bucket", "region", 'region = "eu"'),
        )
    ),
    Wrong(
        '"dir:change-evidence"',
        '"s3://bucket"\nendpoint = "http://minio.example"',
        ("evidence.endpoint",),
    ),
    Wrong('"dir:change-evidence"', '"s3://b12"\nretention = "1d"', ("evidence.retention",)),
    # URLs
    *(
        Wrong(
            '"https://acme.atlassian.net"',
            f'"{text}"',
            ("tickets.jira.url", says),
            in_schema=in_schema,
        )
        for text, says, in_schema in (
            ("acme.atlassian.net", "no https URL", True),
            ("ftp://acme.example", "no https URL", True),
            ("https://", "no https URL", True),
            ("http://acme.example", "loopback only", True),
            ("http://127.0.0.1.acme.example", "loopback only", True),
            ("http://localhost.acme.example", "loopback only", True),
            ("https://alice:secret@acme.example", "no user or password", True),
            ("https://acme.example?x=1", "no query", True),
            ("https://acme.example/#x", "no query", True),
            ("https://acme.example/a/../b", "step", False),
            ("https://acme.example//b", "step", False),
            ("https://acme.example:99999", "no URL", False),
            ("https://[::1", "no URL", False),
            ("https://acme .example", "no URL has", True),
            ("https://acme.example/\\\\x", "no URL has", False),
        )
    ),
    # services
    Wrong(
        "https://github.com/acme/shop",
        "https://gitlab.com/acme/shop",
        ("no forge",),
        in_schema=False,
    ),
    Wrong("github.com/acme/shop", "github.com.evil.example/a/b", ("no forge",), in_schema=False),
    Wrong(
        "https://github.com/acme/shop", "https://github.com/acme", ("expected",), in_schema=False
    ),
    Wrong(
        "https://github.com/acme/shop", "https://github.com/a/b/c", ("expected",), in_schema=False
    ),
    *(
        Wrong(
            SERVICE,
            f'{SERVICE}\nrelease_refs = ["{ref}"]',
            ("services.shop.release_refs[0]",),
            in_schema=in_schema,
        )
        for in_schema, refs in (
            (
                False,
                ("a b", "a..b", "-x", "/a", "a.lock", "a~1", "v?", "refs/tags/a b"),
            ),
            (
                True,
                ("*", "**", "*/*", "refs/heads/*", "refs/tags/**", "refs/pull/1/head", "refs/*"),
            ),
            (True, ("refs/heads/refs/tags/v1", "refs/", "refs/remotes/origin/main", "refs/heads/")),
        )
        for ref in refs
    ),
    Wrong("[services.shop]", '[services."shop "]', ('services."shop "', "no name")),
    Wrong("[environments.production]", '[environments."Production "]', ("no name",)),
    Wrong(
        "[environments.production]", '[environments."pro\\u200bd"]', ("no name",), in_schema=False
    ),
    Wrong("[environments.production]", '[environments.""]', ("no name",)),
    Wrong(
        "[groups]",
        f'[services.api]\n{SERVICE}\nnames = ["SHOP"]\n[groups]',
        ("services.api", '"shop"', "also that of the service"),
        in_schema=False,
    ),
    # people and groups
    Wrong(
        '["change-board"]',
        '["change-bord"]',
        ("approvals.by[0]", '"change-board"'),
        in_schema=False,
    ),
    Wrong(
        '["alice", "bob"]',
        '["alice", "dave"]',
        ("groups.change-board[1]", '"dave"'),
        in_schema=False,
    ),
    Wrong(
        "[[people]]",
        'sre = ["change-board"]\n[[people]]',
        ("groups.sre[0]", "a group"),
        in_schema=False,
    ),
    Wrong(
        "[[people]]",
        'bob = ["alice"]\n[[people]]',
        ("groups.bob", "person's name"),
        in_schema=False,
    ),
    Wrong("[[people]]", "sre = []\n[[people]]", ("groups.sre: must not be empty",)),
    Wrong('jira = "b0b"', "", ("people[1]", "neither an account")),
    Wrong('jira = "b0b"', 'jira = ""', ("people[1].jira", "blank")),
    Wrong('jira = "b0b"', "jira = 5", ("people[1].jira", "a whole number")),
    Wrong('jira = "b0b"', 'jra = "b0b"', ("people[1].jra: unknown key", '"jira"')),
    Wrong(
        '"b0b"',
        '"5b10ac8d82e05b22cc7d4ef5"',
        ("people[1].jira", '"alice"', '"bob"'),
        in_schema=False,
    ),
    Wrong(
        'jira = "b0b"',
        'github = "ALICE"',
        ("people[1].github", '"alice"', '"bob"'),
        in_schema=False,
    ),
    Wrong(
        'jira = "b0b"',
        'emails = ["bob@acme.example", "alice@acme.example"]',
        ("people[1].emails[1]", '"alice"', '"bob"'),
        in_schema=False,
    ),
    Wrong(
        'jira = "b0b"',
        'emails = ["bob@acme.example", "BOB@acme.example"]',
        ("people[1].emails[1]", "twice"),
        in_schema=False,
    ),
    Wrong('jira = "b0b"', 'emails = ["bob"]', ("people[1].emails[0]", "no e-mail address")),
    Wrong('name = "bob"', 'name = "alice"', ("people[1].name", "twice"), in_schema=False),
    Wrong('name = "bob"', "", ("people[1].name: missing",)),
    Wrong(PEOPLE, '[people]\nname = "alice"\n', ("people: expected [[people]] tables",)),
)
