"""``gate init``: from nothing to a pipeline step."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict
from pathlib import Path

import click

from gate.cli.inputs import now
from gate.cli.keys import write_new, write_private
from gate.cli.printing import say
from gate.cli.step_gitlab import GITLAB_STEP
from gate.errors import UsageError
from gate.frozen import dataclass

GITHUB_STEP = """\
    permissions:
      contents: read        # commits, branches, push activity
      pull-requests: read   # pull requests and reviews
      actions: read         # when the run was created, by whom
      deployments: read     # whether this commit was deployed here without a record
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with: {{ fetch-depth: 0, persist-credentials: false }}
      - uses: actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0
        with: {{ python-version: "3.13" }}
      - run: python3 -m pip install "change-gate{extra} @ git+https://github.com/OWNER/gate@COMMIT"
      - run: gate enforce --service {service} --environment {environment}
        env:
{tickets}          GATE_SIGNING_KEY: ${{{{ secrets.GATE_SIGNING_KEY }}}}
          GATE_LOG_KEY: ${{{{ secrets.GATE_LOG_KEY }}}}
          GATE_POLICY_SHA256: ${{{{ vars.GATE_POLICY_SHA256 }}}}
{credentials}          GITHUB_TOKEN: ${{{{ github.token }}}}

gate is on no package index: OWNER is where you keep it, and COMMIT the full id of a commit of it
that you have reviewed. Pin it: whoever can change what is installed here sees the keys."""

SHELL_STEP = """\
  gate enforce --service {service} --environment {environment} --ticket {example} && ./deploy.sh

In a plain shell there is no pipeline whose start an API could prove, and git knows no push times:
the policy demands that the ticket is older than the merge (predates = "merge"), and a forge token
is needed: export {token}."""

KEYS = "gate-keys"
DIRECTORY = "dir:change-log"
PEOPLE = "dir:change-evidence"
# What else a job must be given, by the beginning of the URL of log or disclosures.
CREDENTIALS = {
    "git+https:": ("GATE_LOG_TOKEN",),
    "s3:": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "gs:": ("GOOGLE_SERVICE_ACCOUNT_KEY",),
    "az:": ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What init was told."""

    jira: str
    project: str
    servicenow: str
    repository: str
    service: str
    environment: str
    origin: str
    ci: str
    log: str
    disclosures: str

    @property
    def example(self) -> str:
        """The ID of a ticket."""
        return "CHG0030001" if self.servicenow else f"{self.project}-1"

    @property
    def tickets(self) -> tuple[str, ...]:
        """The secrets that the ticket system takes."""
        if self.servicenow:
            return ("GATE_SERVICENOW_USER", "GATE_SERVICENOW_PASSWORD")
        return ("GATE_JIRA_EMAIL", "GATE_JIRA_TOKEN")

    @property
    def forge(self) -> str:
        """Which forge the repository is on: GitLab where its CI runs, or its host says so."""
        is_gitlab = self.ci == "gitlab" or "gitlab" in _host(self.repository)
        return "gitlab" if is_gitlab else "github"

    @property
    def forge_url(self) -> str:
        """Where the forge is. A GitHub may be below a path; groups of a GitLab may be nested."""
        if self.forge == "gitlab":
            return f"{self.repository.partition('://')[0]}://{_host(self.repository)}"
        return self.repository.rsplit("/", 2)[0]

    @property
    def token(self) -> str:
        """The variable of the forge's token."""
        return "GITLAB_TOKEN" if self.forge == "gitlab" else "GITHUB_TOKEN"

    @property
    def credentials(self) -> tuple[str, ...]:
        """The secrets that the places of log and disclosures take."""
        urls = (self.log, self.disclosures)
        return tuple(n for url, names in CREDENTIALS.items() if _any(urls, url) for n in names)

    @property
    def buckets(self) -> bool:
        """Whether the library for buckets is needed."""
        return _any((self.log, self.disclosures), "s3:", "gs:", "az:")


def _any(urls: tuple[str, ...], *beginnings: str) -> bool:
    return any(url.startswith(beginnings) for url in urls)


@click.command("init")
@click.option("--jira", default="", metavar="URL", help="The Jira site: https://acme.atlassian.net")
@click.option("--project", default="", metavar="KEY", help="Its project of change requests.")
@click.option(
    "--servicenow",
    default="",
    metavar="URL",
    help="In the place of Jira, the instance: https://acme.service-now.com",
)
@click.option(
    "--repository", metavar="URL", help="The service's repository [default: git's origin]"
)
@click.option("--service", metavar="NAME", help="What is deployed [default: the repository's name]")
@click.option(
    "--environment",
    default="production",
    show_default=True,
    metavar="NAME",
    help="Where it is deployed to.",
)
@click.option("--origin", metavar="NAME", help="The log's name [default: REPOSITORY/changes]")
@click.option(
    "--log",
    default=DIRECTORY,
    show_default=True,
    metavar="URL",
    help="Where the log is to live: dir:PATH, git+https://HOST/REPO#BRANCH, s3://BUCKET/PREFIX",
)
@click.option(
    "--disclosures",
    default=PEOPLE,
    show_default=True,
    metavar="URL",
    help="Where names and texts of people are to live: dir:PATH, s3://BUCKET/PREFIX",
)
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "shell"]),
    default=None,
    help="What runs the deployment  [default: github, or gitlab for a repository there]",
)
@click.option("--directory", default=".", show_default=True, metavar="DIR", help="Where to write.")
def command(
    directory: str,
    repository: str | None,
    service: str | None,
    origin: str | None,
    ci: str | None,
    **given: str,
) -> int:
    """Write gate.toml, two keys, an empty log and a trust folder; print what to paste.

    Nothing that is there already is replaced. The private keys lie in gate-keys/ (mode 0600, and
    ignored by git) until you have stored them as secrets of the CI; then delete that folder.
    """
    from gate.config.template import default_origin

    if bool(given["jira"]) == bool(given["servicenow"]):
        raise UsageError("one ticket system is needed", remedy="give --jira or --servicenow")
    if bool(given["jira"]) != bool(given["project"]):
        raise UsageError(
            "--jira and --project go together",
            remedy="name the Jira project of change requests with --project"
            if given["jira"]
            else "leave --project away",
        )
    repository = (repository or _origin()).removesuffix(".git").rstrip("/")
    answers = Answers(
        ci=ci or ("gitlab" if "gitlab" in _host(repository) else "github"),
        repository=repository,
        service=service or repository.rsplit("/", 1)[-1],
        origin=origin or default_origin(repository),
        **given,
    )
    _tell(answers, directory, _write(answers, Path(directory)))
    return 0


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()


def _origin() -> str:
    from gate.forges.git import GitReader

    url = GitReader(Path.cwd(), os.environ).origin()
    if not url.startswith("https://"):
        raise UsageError(
            "git's origin is no https:// address", remedy="give --repository https://…"
        )
    return url


def _write(answers: Answers, folder: Path) -> str:
    """Write all of it and return the policy's digest; refuses, before writing, if any is there."""
    from gate.config import parse_policy
    from gate.config.template import policy_template
    from gate.log.reading.reader import log_reader
    from gate.log.writing.create import init_log
    from gate.record.signer import key_id, new_private_key, private_key_one_line, public_bytes
    from gate.record.signers import SignerEntry, TrustedSigners, format_signers
    from gate.store.contract import Surroundings
    from gate.store.open import open_store
    from gate.tlog.keys import format_vkey
    from gate.tlog.note import Ed25519Signer
    from gate.tlog.trust import format_policy

    for name in ("gate.toml", "trust", "change-log", KEYS):
        if (folder / name).exists():
            raise UsageError(
                f"{folder / name} is there already, and init replaces nothing",
                remedy="remove it, or give another --directory",
            )
    text = policy_template(
        ci=answers.ci,
        jira_url=answers.jira,
        projects=(answers.project,),
        servicenow_url=answers.servicenow,
        repository=answers.repository,
        service=answers.service,
        environment=answers.environment,
        origin=answers.origin,
        log=answers.log,
        disclosures=answers.disclosures,
        forge=answers.forge,
        forge_url=answers.forge_url,
    )
    policy = parse_policy(text.encode())
    record_key, log_key = new_private_key(), new_private_key()
    record_public = public_bytes(record_key)
    start = now().replace(microsecond=0)
    entry = SignerEntry(key_id(record_public), record_public, answers.service, start, None)
    write_new(folder / "gate.toml", text)
    write_new(folder / "trust" / "signers.toml", format_signers(TrustedSigners((entry,))))
    vkey = format_vkey(answers.origin, public_bytes(log_key))
    write_new(folder / "trust" / "trust.policy", format_policy(vkey))
    write_private(folder / KEYS / "signing.key", private_key_one_line(record_key) + "\n")
    write_private(folder / KEYS / "log.key", private_key_one_line(log_key) + "\n")
    write_new(folder / KEYS / ".gitignore", "*\n")
    if answers.log.startswith("dir:"):
        signer = Ed25519Signer(answers.origin, log_key)
        around = Surroundings(folder, log_reader([signer.verifier]), {})
        init_log(open_store(policy.log.url, around), answers.origin, signer)
    return policy.sha256


def _log_line(answers: Answers) -> str:
    if not answers.log.startswith("dir:"):
        return ""
    return f"  {answers.log.removeprefix('dir:') + '/':13} the empty log\n"


def _tell(answers: Answers, directory: str, digest: str) -> None:
    say(f"""\
Written in {directory}:
  gate.toml     the policy: replace the example people by yours, and read it once
  trust/        the public keys that vouch for the log; auditors and deploy targets get a copy
{_log_line(answers)}\
  {KEYS}/    the private keys: store them as secrets of the CI, then delete this folder

{"The step" if answers.ci == "shell" else "What to paste into the deploy job"}:
""")
    step = {"github": GITHUB_STEP, "gitlab": GITLAB_STEP, "shell": SHELL_STEP}[answers.ci]
    quoted = {name: shlex.quote(said) for name, said in asdict(answers).items()}
    more = {
        "example": shlex.quote(answers.example),
        "tickets": _environment(answers.tickets),
        "credentials": _environment(answers.credentials),
        "extra": "[object]" if answers.buckets else "",
        "token": answers.token,
    }
    say(step.format(**quoted, **more))
    say(f"""
Secrets:    GATE_SIGNING_KEY  from {KEYS}/signing.key
            GATE_LOG_KEY      from {KEYS}/log.key
            {", ".join(answers.tickets)}{_also(answers)}
Variable:   GATE_POLICY_SHA256={digest}
            (changes with every edit of gate.toml: `sha256sum gate.toml`)

{_next(answers)}""")


def _environment(names: tuple[str, ...]) -> str:
    """The lines of a step's ``env`` that hand secrets on."""
    return "".join(f"          {name}: ${{{{ secrets.{name} }}}}\n" for name in names)


def _also(answers: Answers) -> str:
    named = ", ".join(answers.credentials)
    more = "\n            GITLAB_TOKEN" if answers.ci == "gitlab" else ""
    places = f"\n            {named}: of whoever may write log and disclosures" if named else ""
    return more + places


def _next(answers: Answers) -> str:
    if answers.log.startswith("dir:"):
        return "Next: edit gate.toml, then `gate doctor`."
    lost = ""
    if answers.disclosures.startswith("dir:"):
        lost = f"""\
Note: a runner that does not keep its disk loses {answers.disclosures}, and with it who is behind
      the labels of each record: give --disclosures a bucket, or change [evidence] url.

"""
    return f"""\
{lost}Next: edit gate.toml{" (add the buckets' region or endpoint)" if answers.buckets else ""};
      make the log at {answers.log}, with the store's credentials and the log key:
      GATE_LOG_KEY_FILE={KEYS}/log.key gate log init
then `gate log doctor` and `gate doctor`."""
