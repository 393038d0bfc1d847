"""Names, policy and options: what is not wholly what the policy says is refused unasked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from jobs import SHOP, Job, job, must_say

from gate.demo.stage import POLICY


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    with job(tmp_path_factory.mktemp("policy"), services=("shop", "cart")) as made:
        yield made


# ---------------------------------------------------------------- services and environments

NAMES = {
    "an unlisted service": ("--service", "shopp", "the policy lists no service 'shopp'"),
    "a service in other case": ("--service", "Shop", "the policy lists no service 'Shop'"),
    "a service's other name": ("--service", "acme/shop", "the policy lists no service"),
    "a service with a space": ("--service", "shop ", "names match exactly, spaces and case"),
    "Production with a space": ("--environment", "Production ", "lists no environment"),
    "production with a space": ("--environment", "production ", "names match exactly, spaces"),
    "production in capitals": ("--environment", "PRODUCTION", "lists no environment"),
    "an unlisted environment": ("--environment", "prod", "give one of: production"),
    "a name with a line break": ("--environment", "production\n", "names match exactly"),
    "a service of nothing": ("--service", "", "--service is given and empty"),
    "an environment of nothing": ("--environment", "", "--environment is given and empty"),
    "a commit of nothing": ("--commit", "", "--commit is given and empty"),
    "a base of nothing": ("--base", "", "--base is given and empty"),
    "a receipt of nothing": ("--receipt", "", "--receipt is given and empty"),
    "a config of nothing": ("--config", "", "--config is given and empty"),
    "a log of nothing": ("--log", "", "--log is given and empty"),
    "a trust folder of nothing": ("--trust", "", "--trust is given and empty"),
}


@pytest.mark.parametrize("what", NAMES)
def test_a_name_that_the_policy_does_not_list_exactly(acme: Job, what: str) -> None:
    option, value, words = NAMES[what]
    acme.unasked(
        *("enforce", "--ticket", "CHG-1", *SHOP, option, value),
        environment=acme.ci(),
        words=(words, "to do:"),
    )


def test_several_services_and_none_named_is_no_default(acme: Job) -> None:
    acme.unasked(
        *("enforce", "--ticket", "CHG-1"),
        environment=acme.ci(),
        words=("no service was named", "one of: shop, cart"),
    )


def test_an_empty_variable_is_none_and_takes_no_default_among_several(acme: Job) -> None:
    acme.unasked("enforce", environment=acme.ci(GATE_SERVICE=""), words=("no service was named",))


def test_the_pipelines_environment_name_is_not_taken_for_ours(acme: Job) -> None:
    acme.unasked(
        *("enforce", "--service", "shop"),
        environment=acme.ci(GATE_ENVIRONMENT="Production "),
        words=("lists no environment 'Production '",),
    )


# ---------------------------------------------------------------- gate.toml

BROKEN: dict[str, tuple[Callable[[str], str], tuple[str, ...]]] = {
    "an unknown section": (
        lambda text: text + "\n[servces.shop]\n",
        ("servces", 'did you mean "services"'),
    ),
    "an unknown key": (
        lambda text: text.replace("deployable =", "deployble ="),
        ("tickets.jira.deployble", 'did you mean "deployable"'),
    ),
    "an unknown control": (
        lambda text: text.replace(
            "[environments.production]", '[environments.production]\ncontrols = { aproved = "off" }'
        ),
        ("environments.production.controls.aproved", 'did you mean "approved"'),
    ),
    "a wrong type": (
        lambda text: text.replace("required = 1", 'required = "1"'),
        ("environments.production.approvals.required",),
    ),
    "no approver at all": (
        lambda text: text.replace('by = ["change-board"]', "by = []"),
        ("environments.production.approvals.by",),
    ),
    "a number of approvals of zero": (
        lambda text: text.replace("required = 1", "required = 0"),
        ("environments.production.approvals.required",),
    ),
    "an approver who is nobody": (
        lambda text: text.replace('by = ["change-board"]', 'by = ["change-bord"]'),
        ("environments.production.approvals.by[0]", 'did you mean "change-board"'),
    ),
    "an integrity control switched off": (
        lambda text: text.replace(
            "[environments.production]",
            '[environments.production]\ncontrols = { approver-independent = "off" }',
        ),
        ("approver-independent", "an integrity control cannot be set"),
    ),
    "emergencies that nobody may declare": (
        lambda text: text.replace(
            "[environments.production]", "[environments.production]\nemergency = { }", 1
        ),
        ("environments.production.emergency.by", "missing"),
    ),
    "bad TOML": (lambda text: text + "\n[log\n", ("not TOML",)),
    "a key twice": (lambda text: text + '\n[log]\nurl = "dir:other"\n', ("not TOML",)),
    "an empty file": (lambda _: "", ("missing",)),
    "plain http to another host": (
        lambda text: text.replace(
            '[tickets.jira]\nurl = "', '[tickets.jira]\nurl = "http://x.example/'
        ),
        ("tickets.jira.url",),
    ),
    "a store that is none": (
        lambda text: text.replace('url = "dir:log"', 'url = "s3:/bucket/log"'),
        ("log.url", "no store"),
    ),
    "no forge for the repository": (
        lambda text: text.replace("/acme/shop", "/acme/shop?x=1"),
        ("services.shop.repository",),
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_policy_that_is_not_right(acme: Job, what: str) -> None:
    change, words = BROKEN[what]
    text = (acme.home / POLICY).read_text()
    changed = change(text)
    assert changed != text
    (acme.home / "broken.toml").write_text(changed)
    for command in ("check", "enforce"):
        acme.unasked(
            *(command, *SHOP, "--ticket", "CHG-1", "--config", "broken.toml"),
            environment=acme.ci(),
            words=("broken.toml", *words),
        )


def test_a_policy_that_is_not_text(acme: Job) -> None:
    (acme.home / "binary.toml").write_bytes(b"[log]\nurl = \xff\xfe\n")
    acme.unasked(
        "enforce",
        environment=acme.ci(GATE_CONFIG="binary.toml"),
        words=("binary.toml: line 2: not UTF-8",),
    )


@pytest.mark.parametrize("name", ["gone.toml", "no/such/folder/gate.toml", "."])
def test_a_policy_that_is_not_there(acme: Job, name: str) -> None:
    acme.unasked("enforce", environment=acme.ci(GATE_CONFIG=name), words=("gate:", repr(name)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_policy_that_may_not_be_read(acme: Job) -> None:
    path = acme.home / "secret.toml"
    path.write_text("")
    path.chmod(0)
    acme.unasked("enforce", environment=acme.ci(GATE_CONFIG=path.name), words=("cannot be read",))


def test_every_command_that_needs_a_policy_says_which_is_missing(acme: Job) -> None:
    lonely = acme.home / "lonely"
    lonely.mkdir()
    for arguments in (
        *(("check",), ("enforce",), ("run", "--", "true"), ("doctor",), ("people", "check")),
        *(("log", "verify"), ("log", "show"), ("log", "init"), ("log", "prove", "0")),
        ("complete", "--receipt", "r", "--outcome", "succeeded"),
    ):
        ended = acme.gate(*arguments, environment=acme.ci(), home=lonely)
        assert ended.code == 2, ended
        must_say(ended, "'gate.toml' does not exist", "gate init")


# ---------------------------------------------------------------- the pinned policy


@pytest.mark.parametrize("command", ["check", "enforce", "run", "complete"])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--log", "dir:other-log"),
        ("--log", "memory:"),
        ("--log", "dir:./log"),
        ("--trust", "other-trust"),
        ("--trust", "./trust"),
    ],
)
def test_an_option_that_differs_from_the_policy(
    acme: Job, command: str, option: str, value: str
) -> None:
    rest = {
        "run": ("--", "touch", "started"),
        "complete": ("--receipt", "r", "--outcome", "succeeded"),
    }.get(command, ())
    acme.unasked(
        *(command, option, value, *rest),
        environment=acme.ci(GATE_SERVICE="shop", GATE_TICKET="CHG-1"),
        words=(f"{option} {value} differs from the policy's", f"leave {option} away"),
    )
    assert not (acme.home / "started").exists()
    assert not (acme.home / "other-log").exists()


@pytest.mark.parametrize(
    ("variable", "value"), [("GATE_LOG", "dir:other-log"), ("GATE_TRUST", "other-trust")]
)
def test_a_variable_that_differs_from_the_policy(acme: Job, variable: str, value: str) -> None:
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "CHG-1"),
        environment=acme.ci(**{variable: value}),
        words=("differs from the policy's",),
    )


def test_an_option_that_says_what_the_policy_says_is_no_offence(acme: Job) -> None:
    ended = acme.judge("check", *("--ticket", "CHG-1", "--log", "dir:log", "--trust", "trust"))
    assert ended.code == 0


def test_another_policy_than_the_pinned_one_is_a_denial(acme: Job) -> None:
    """One space more is another policy: whoever edits it weakens nothing unseen."""
    text = (acme.home / POLICY).read_text()
    (acme.home / "edited.toml").write_text(text + "# harmless\n")
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG-1", "--config", "edited.toml"),
        environment=acme.ci(),
        code=10,
        words=("DENIED", "policy-pinned"),
    )


def test_a_policy_that_nothing_pins_is_a_denial_in_a_pipeline(acme: Job) -> None:
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG-1"),
        environment=acme.ci(GATE_POLICY_SHA256=None),
        code=10,
        words=("DENIED", "policy-pinned", "GATE_POLICY_SHA256"),
    )


@pytest.mark.parametrize("digest", ["", "yes", "0" * 63, "A" * 64, "0" * 64 + "\n", " " * 64])
def test_a_pin_that_is_no_digest_is_refused(acme: Job, digest: str) -> None:
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "CHG-1"),
        environment=acme.ci(GATE_POLICY_SHA256=digest),
        words=("GATE_POLICY_SHA256 is set and is not 64 lower-case hex digits",),
    )


def test_an_emergency_is_refused_where_the_policy_has_none(acme: Job) -> None:
    for command in ("check", "enforce"):
        acme.unasked(
            *(command, *SHOP, "--emergency", "the shop is down"),
            environment=acme.ci(),
            words=("the policy has no emergencies in production",),
        )


# ---------------------------------------------------------------- commits and artifacts


@pytest.mark.parametrize(
    "artifact",
    [
        *("", "shop", "shop@sha256:", "shop@sha256:" + "a" * 63, "shop@sha256:" + "A" * 64),
        *("@sha256:" + "a" * 64, "a b@sha256:" + "a" * 64, "shop@sha512:" + "a" * 64),
        *("shop=x@sha256:" + "a" * 64, "shop@sha256:" + "a" * 64 + "\n"),
    ],
)
def test_an_artifact_that_is_none(acme: Job, artifact: str) -> None:
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "CHG-1", "--artifact", artifact),
        environment=acme.ci(),
        words=("is not NAME@sha256:HEX",),
    )


def test_an_artifact_given_twice(acme: Job) -> None:
    twice = [w for c in "ab" for w in ("--artifact", f"shop@sha256:{c * 64}")]
    acme.unasked(*("enforce", *SHOP, *twice), environment=acme.ci(), words=("shop is given twice",))


@pytest.mark.parametrize("name", ["GITHUB_SHA", "GITHUB_RUN_ID", "GITHUB_REPOSITORY"])
@pytest.mark.parametrize("value", [None, "", "x y", "../..", "0", "${{ github.sha }}", "a\nb"])
def test_a_broken_pipeline_does_not_pass_for_a_shell(
    acme: Job, name: str, value: str | None
) -> None:
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "CHG-1"),
        environment=acme.ci(**{name: value}),
        words=(name,),
    )


def test_two_pipelines_at_once_are_none(acme: Job) -> None:
    both = acme.ci(
        GITLAB_CI="true",
        CI_PROJECT_URL="https://gitlab.com/acme/shop",
        CI_PIPELINE_ID="1",
        CI_COMMIT_SHA="a" * 40,
    )
    acme.unasked(
        *("enforce", *SHOP, "--ticket", "CHG-1"),
        environment=both,
        words=("several CI systems claim this job",),
    )


def test_a_run_that_is_not_ours_is_a_denial(acme: Job) -> None:
    other = acme.world.change("CHG-2")
    lie = acme.ci(GITHUB_RUN_ID=str(other.run_id))
    acme.blocked(
        *("enforce", *SHOP, "--ticket", "CHG-1"),
        environment=lie,
        code=10,
        words=("ticket-predates-deployment", "is not what the API says"),
    )


def test_another_forge_than_the_policys_is_not_asked(acme: Job) -> None:
    """A step's own environment can replace GITHUB_API_URL and GITHUB_SERVER_URL."""
    world = acme.world
    lie = acme.ci(GITHUB_API_URL=world.jira.url, GITHUB_SERVER_URL=world.jira.url)
    world.jira.forget_requests()
    ended = acme.judge("check", "--ticket", "CHG-1", environment=lie)
    assert ended.code == 0, "the policy's own forge answered"
    assert not any("/repos/" in request.path for request in world.jira.requests)
