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


STAGED = 'environment = "staging", within = "14d"'


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
TICKETS = GOOD[GOOD.index("[tickets.jira]") : GOOD.index("[services.shop]")]
SERVICENOW = '[tickets.servicenow]\nurl = "https://acme.service-now.com"\n'
ISSUES = '[tickets.github]\nrepositories = ["acme/changes"]\n'
GITLAB_ISSUES = '[tickets.gitlab]\nprojects = ["acme/ops/changes"]\n'
TEMPLATE = 'id = "0123456789abcdef0123456789abcdef"'
DESK = '[tickets.desk]\npackage = "acme-desk"\nurl = "https://desk.acme.example"\n'
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
        'rollback_plan = ["customfield_10080"]\ntest_plan = ["description#Tests"]\nca = "ca.pem"\n'
        'window = { start = "customfield_10008", end = "Planned end" }\n',
    ),
    "servicenow alone": edited(TICKETS, SERVICENOW),
    "two ticket systems": edited(TICKETS, TICKETS + SERVICENOW),
    "all of servicenow": edited(
        TICKETS,
        SERVICENOW + 'auth = "oauth"\nprefixes = ["CHG", "ECHG"]\ntypes = ["normal", "standard"]\n'
        'scope = ["cmdb_ci", "business_service", "description#Scope"]\ndeployable = [-2, -1]\n'
        'closed = [3, 4, 7]\nrollback_plan = ["backout_plan"]\ntest_plan = ["u_tests"]\n'
        f'standard_templates = [{{ {TEMPLATE}, services = ["shop"], '
        'expires = 2027-01-31T00:00:00Z }]\nca = "ca.pem"\n',
    ),
    "github issues": edited(TICKETS, ISSUES),
    "all of github issues": edited(
        TICKETS,
        ISSUES + 'url = "https://GitHub.com"\napi = "https://api.acme.example"\n'
        'approvals = [{ label = "go" }, { comment = "/approve" }]\nobjections = ["no go"]\n'
        'scope = ["title", "body#Scope"]\nrollback_plan = ["body#Way back"]\n'
        'test_plan = ["body"]\nca = "ca.pem"\n',
    ),
    "gitlab issues": edited(TICKETS, GITLAB_ISSUES),
    "issues of both forges": edited(TICKETS, ISSUES + GITLAB_ISSUES),
    "all of gitlab issues": edited(
        TICKETS,
        GITLAB_ISSUES + 'url = "https://gitlab.acme.example"\napi = "https://api.acme.example"\n'
        'approvals = [{ label = "go" }, { comment = "!go" }]\nobjections = ["no go"]\n'
        'scope = ["title", "description#Scope"]\nrollback_plan = ["description#Way back"]\n'
        'test_plan = ["description"]\nca = "ca.pem"\n',
    ),
    "another package's system": edited(
        TICKETS, DESK + 'deployable = ["open"]\nprojects = ["D"]\n[tickets.desk.options]\nx = 1\n'
    )
    .replace('jira = "b0b"', 'accounts = { desk = "bob" }')
    .replace("jira = ", "accounts.desk = "),
    "all of an environment": edited(
        APPROVALS,
        'controls = { peer-reviewed = "require", test-plan = "off", approved = "warn" }\n'
        'approvals = { required = 2, by = ["alice", "bob"], sources = ["change-request", '
        '"review"], independent_of = ["deployer"], predates = "pipeline" }\n'
        'ticket = { sources = ["branch", "option"], predates = "job", minimum_lead = "14d" }\n'
        'accept_claims = ["pipeline-start", "deployer"]\ndeployers = ["change-board", "bob"]\n'
        'bots = ["dependabot[bot]"]',
    ),
    "all sources of approvals": edited(
        APPROVALS,
        'approvals = { by = ["alice"], sources = ["environment", "review", "change-request"] }',
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
    "write-back": GOOD + "[write_back]\nticket = true\nforge = false\n",
    "staging in another log": edited(
        APPROVALS,
        f'{APPROVALS}\nafter = {{ environment = "staging", within = "14d", '
        'origin = "acme.example/staging", trust = "trust-staging" }',
    ),
    "a Jenkins": GOOD + '[ci.jenkins]\nurl = "https://ci.acme.example/jenkins"\nca = "ca.pem"\n',
    "no other CI": GOOD + "[ci]\n",
    "an account on Jenkins": edited('github = "alice"', 'jenkins = "alice"'),
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


def after(environment: str, within: str = "14d") -> str:
    return f'after = {{ environment = "{environment}", within = "{within}" }}'


FREEZE_TO = "to = 2027-01-04T08:00:00Z\n"
FREEZE = f'[[freeze]]\nname = "year end"\nfrom = 2026-12-18T00:00:00Z\n{FREEZE_TO}'
RIGHT |= {
    "three in a row": edited(
        ENVIRONMENT,
        f"[environments.test]\n{APPROVALS}\n[environments.staging]\n{APPROVALS}\n"
        f"{after('test')}\n{ENVIRONMENT}\n{after('staging', '1h')}\n"
        'controls = { tested-before = "warn" }',
    ),
    "a freeze": f"{GOOD}{FREEZE}",
    "freezes of some": f'{GOOD}{FREEZE}services = ["shop"]\nenvironments = ["production"]\n'
    + FREEZE.replace("year end", "inventory").replace("08:00:00Z", "08:00:00.5+01:00"),
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
    # ticket systems
    Wrong(TICKETS, "[tickets]\n", ("tickets: missing",)),
    Wrong(TICKETS, "[tickets.servicenow]\n", ("tickets.servicenow.url: missing",)),
    *(
        Wrong(TICKETS, f"{SERVICENOW}{line}\n", (f"tickets.servicenow.{key}", says), in_schema=seen)
        for line, key, says, seen in (
            ('auth = "Basic"', "auth", "unknown value", True),
            ('prefixes = ["chg"]', "prefixes[0]", "no prefix", True),
            ('prefixes = ["CHG1"]', "prefixes[0]", "no prefix", True),
            ('deployable = ["-1"]', "deployable[0]", "whole number", True),
            ("deployable = [true]", "deployable[0]", "a boolean", True),
            ("deployable = [-1, -1]", "deployable[1]", "twice", True),
            ("deployable = [3]", "deployable[0]", "closed", False),
            ("closed = [-1]", "deployable[0]", "closed", False),
            ('scope = ["what changes"]', "scope[0]", "no place", True),
            ("deployble = [1]", "deployble", '"deployable"', True),
            ("standard_templates = []", "standard_templates", "empty", True),
            ('standard_templates = ["x"]', "standard_templates[0]", "a table", True),
        )
    ),
    Wrong(TICKETS, "[tickets.github]\n", ("tickets.github.repositories: missing",)),
    Wrong(TICKETS, f'{ISSUES}package = "x"\n', ("tickets.github.package",)),
    Wrong(
        TICKETS,
        '[tickets.github]\nrepositories = ["changes"]\n',
        ("tickets.github.repositories[0]", "no repository"),
    ),
    Wrong(
        TICKETS,
        '[tickets.github]\nrepositories = ["acme/changes", "Acme/changes"]\n',
        ("tickets.github.repositories[1]", "twice"),
        in_schema=False,
    ),
    *(
        Wrong(TICKETS, f"{ISSUES}{line}\n", (f"tickets.github.{key}", says), in_schema=seen)
        for line, key, says, seen in (
            ("approvals = []", "approvals", "empty", True),
            ('approvals = ["approved"]', "approvals[0]", "a table", True),
            ("approvals = [{}]", "approvals[0]", "one of label and comment", True),
            ('approvals = [{ comment = "approve" }]', "approvals[0].comment", "command", True),
            ('approvals = [{ comment = "/ok go" }]', "approvals[0].comment", "command", True),
            (
                'approvals = [{ label = "a" }, { label = "A" }]',
                "approvals[1]",
                "twice",
                False,
            ),
            ('objections = ["Approved"]', "objections[0]", "approves", False),
            ('scope = ["description"]', "scope[0]", "no place", True),
            ('scope = ["title#x"]', "scope[0]", "no place", True),
            ('deployable = ["open"]', "deployable", "unknown", True),
        )
    ),
    Wrong(
        TICKETS,
        f'{ISSUES}url = "https://github.acme.example"\n',
        ("tickets.github.url", "forges.github.url", "other accounts"),
        in_schema=False,
    ),
    Wrong(
        TICKETS,
        f'[forges.gitlab]\nurl = "https://gitlab.acme.example"\n{GITLAB_ISSUES}'
        'url = "https://gitlab.com"\n',
        ("tickets.gitlab.url", "forges.gitlab.url"),
        in_schema=False,
    ),
    Wrong(TICKETS, "[tickets.gitlab]\n", ("tickets.gitlab.projects: missing",)),
    Wrong(
        TICKETS,
        '[tickets.gitlab]\nprojects = ["changes"]\n',
        ("tickets.gitlab.projects[0]", "no project"),
    ),
    Wrong(
        TICKETS,
        f'[tickets.gitlab]\nprojects = ["acme/{"x" * 80}"]\n',
        ("tickets.gitlab.projects[0]", "no project"),
    ),
    Wrong(
        TICKETS,
        f'{ISSUES}[tickets.gitlab]\nprojects = ["acme/ops", "Acme/changes"]\n',
        ("tickets.gitlab.projects[1]", "tickets.github.repositories"),
        in_schema=False,
    ),
    *(
        Wrong(TICKETS, f"{GITLAB_ISSUES}{line}\n", (f"tickets.gitlab.{key}", says), in_schema=seen)
        for line, key, says, seen in (
            ('package = "x"', "package", "unknown", True),
            ('repositories = ["a/b"]', "repositories", "unknown", True),
            ('approvals = [{ comment = "/approve" }]', "approvals[0].comment", "command", True),
            ('approvals = [{ comment = "!Go" }]', "approvals[0].comment", "command", True),
            ('approvals = [{ label = "rejected" }]', "objections[0]", "approves", False),
            ('scope = ["body"]', "scope[0]", "no place", True),
        )
    ),
    *(
        Wrong(
            TICKETS,
            f"{SERVICENOW}standard_templates = [{{ {entry} }}]\n",
            (f"standard_templates[0].{key}",),
            in_schema=seen,
        )
        for entry, key, seen in (
            (f'{TEMPLATE}, services = ["shop"]', "expires", True),
            (f'{TEMPLATE}, services = ["shop"], expires = 2027-01-31', "expires", False),
            (
                f'{TEMPLATE}, services = ["shop"], expires = 2027-01-31T00:00:00',
                "expires",
                False,
            ),
            (f"{TEMPLATE}, expires = 2027-01-31T00:00:00Z", "services", True),
            (
                f'{TEMPLATE}, services = ["shpo"], expires = 2027-01-31T00:00:00Z',
                "services[0]",
                False,
            ),
            (
                'id = "Standard", services = ["shop"], expires = 2027-01-31T00:00:00Z',
                "id",
                True,
            ),
        )
    ),
    Wrong(TICKETS, DESK, ("tickets.desk.deployable: missing",)),
    Wrong(
        TICKETS,
        DESK.replace("desk]", "Desk]") + 'deployable = ["open"]\n',
        ("tickets.Desk", "no name"),
        in_schema=False,
    ),
    Wrong(
        TICKETS,
        DESK.replace("desk]", "git]") + 'deployable = ["open"]\n',
        ("tickets.git", "no name"),
        in_schema=False,
    ),
    Wrong(TICKETS, DESK + 'deployable = ["o"]\nx = 1\n', ("tickets.desk.x: unknown key",)),
    Wrong(
        TICKETS,
        DESK.replace("acme-desk", "../x") + 'deployable = ["open"]\n',
        ("tickets.desk.package",),
    ),
    Wrong(
        'jira = "b0b"', 'accounts = { desk = "bob" }', ("accounts.desk: unknown",), in_schema=False
    ),
    # not built yet
    Wrong('"dir:change-log"', '"memory:"', ("log.url", "no store")),
    Wrong("[tickets.jira]", "[tickets.jra]", ("tickets.jra", '"jira"')),
    Wrong("[forges.github]", "[forges.gitlabb]", ("forges.gitlabb", '"gitlab"')),
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
    Wrong("{ by =", '{ sources = ["pull-request"], by =', ("approvals.sources[0]", '"review"?')),
    Wrong(
        "{ by =",
        '{ sources = ["environment"], predates = "pipeline", by =',
        ("approvals.predates", "could come first"),
        in_schema=False,
    ),
    Wrong("{ by =", '{ sources = ["reviews"], by =', ("approvals.sources[0]", '"review"?')),
    Wrong("{ by =", '{ sources = ["deployment"], by =', ("sources[0]", '"environment"?')),
    Wrong("{ by =", '{ sources = ["environments"], by =', ("sources[0]", '"environment"?')),
    Wrong("{ by =", '{ sources = ["ticket"], by =', ("sources[0]", '"change-request"?')),
    Wrong(
        "[groups]",
        '[identity]\none_account_per_person = ["bitbucket"]\n[groups]',
        ("identity.one_account_per_person[0]", "unknown value"),
    ),
    # what comes first
    *(
        Wrong(
            ENVIRONMENT,
            f"[environments.staging]\n{APPROVALS}\n{staging}\n{ENVIRONMENT}\n{production}",
            says,
            in_schema=in_schema,
        )
        for staging, production, says, in_schema in (
            (
                "",
                'after = { environment = "staging" }',
                ("production.after.within: missing",),
                True,
            ),
            ("", after("stage"), ("production.after.environment", '"staging"'), False),
            ("", after("production"), ("production.after.environment", "itself"), False),
            (after("production"), after("staging"), ("after.environment", "itself"), False),
            ("", after("staging", "0s"), ("production.after.within", "0s"), False),
            ("", after("staging", "soon"), ("production.after.within", "no duration"), True),
            ("", 'after = "staging"', ("production.after: expected a table",), True),
            (
                "",
                'controls = { tested-before = "warn" }',
                ("production.controls.tested-before: needs after",),
                False,
            ),
        )
    ),
    # deployers
    *(
        Wrong(APPROVALS, f"{APPROVALS}\n{line}", says, in_schema=in_schema)
        for line, says, in_schema in (
            ('deployers = ["sre"]', ("production.deployers[0]: nobody is called",), False),
            ("deployers = []", ("production.deployers: must not be empty",), True),
            ('deployers = "bob"', ("production.deployers: expected an array",), True),
            (
                'controls = { deployer-authorised = "require" }',
                ("controls.deployer-authorised: needs deployers",),
                False,
            ),
        )
    ),
    # windows
    *(
        Wrong(JIRA, f"{JIRA}\nwindow = {window}", says, in_schema=in_schema)
        for window, says, in_schema in (
            ('{ start = "a" }', ("tickets.jira.window.end: missing",), True),
            ('{ start = "a", stop = "b" }', ("tickets.jira.window.stop: unknown key",), True),
            ('{ start = "a", end = "a" }', ("tickets.jira.window.end", "two"), False),
            ('["a", "b"]', ("tickets.jira.window: expected a table",), True),
        )
    ),
    # freezes
    *(
        Wrong("[groups]", f"{freeze}\n[groups]", says, in_schema=in_schema)
        for freeze, says, in_schema in (
            (FREEZE.replace("name", "nam"), ("freeze[0].nam: unknown key",), True),
            (FREEZE.replace('name = "year end"', ""), ("freeze[0].name: missing",), True),
            (FREEZE.replace(FREEZE_TO, ""), ("freeze[0].to: missing", "a time"), True),
            (
                FREEZE.replace("2027-01-04T08:00:00Z", "2027-01-04"),
                ("freeze[0].to: expected",),
                False,
            ),
            (
                FREEZE.replace("2027-01-04T08:00:00Z", '"2027-01-04"'),
                ("freeze[0].to: expected",),
                False,
            ),
            (FREEZE.replace("08:00:00Z", "08:00:00"), ("freeze[0].to: has no offset",), False),
            (FREEZE.replace("2027", "2025"), ("freeze[0].to: is not after from",), False),
            (
                FREEZE.replace("2027-01-04T08", "2026-12-18T00"),
                ("freeze[0].to: is not after",),
                False,
            ),
            (
                FREEZE.replace("2026-12-18T00:00:00Z", "0001-01-01T00:00:00+05:00"),
                ("freeze[0].from: lies outside",),
                False,
            ),
            (f'{FREEZE}services = ["shp"]\n', ("freeze[0].services[0]", '"shop"'), False),
            (
                f'{FREEZE}environments = ["prod"]\n',
                ("freeze[0].environments[0]", '"production"'),
                False,
            ),
            (f"{FREEZE}services = []\n", ("freeze[0].services: must not be empty",), True),
            (f"{FREEZE}{FREEZE}", ("freeze[1].name", "twice"), False),
        )
    ),
    Wrong("[log]", "freeze = 1\n[log]", ("freeze: expected [[freeze]] tables",)),
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
    *(
        Wrong("[groups]", f"[write_back]\n{line}\n[groups]", (f"write_back.{line.split()[0]}",))
        for line in ('ticket = "yes"', "forge = 1", "forges = true", "ticket = []")
    ),
    *(
        Wrong(APPROVALS, f"{APPROVALS}\nafter = {{ {given} }}", (says,), in_schema=in_schema)
        for given, says, in_schema in (
            (f'{STAGED}, origin = "acme.example/staging"', "after.trust: missing", True),
            (f'{STAGED}, trust = "trust-staging"', "after.origin: missing", True),
            (f'{STAGED}, origin = "two words", trust = "x"', "no origin", False),
            (f'{STAGED}, origin = "acme.example/changes", trust = "x"', "own log", False),
            (STAGED, "there is no environment", False),
        )
    ),
    *(
        Wrong("[groups]", f"[ci.jenkins]\n{line}\n[groups]", (says,))
        for line, says in (
            ("", "ci.jenkins.url: missing"),
            ('url = "ci.acme.example"', "ci.jenkins.url"),
            ('url = "http://ci.acme.example"', "plain http"),
            ('url = "https://gate:x@ci.acme.example"', "no user"),
            ('url = "https://ci.acme.example"\ntoken = "x"', "ci.jenkins.token"),
        )
    ),
    Wrong("[groups]", '[ci.jenkin]\nurl = "https://ci"\n[groups]', ("ci.jenkin", '"jenkins"')),
    # people and groups
    *(
        Wrong("[groups]", f"[identity]\npeople_from = {value}\n[groups]", ("identity.people_from",))
        for value in ('"people.xlsx"', "1", '""', '["people.csv"]')
    ),
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
