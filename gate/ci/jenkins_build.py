"""Jenkins: what its API knows of a build.

By one request, ``GET <url>/job/<folder>/job/<name>/<number>/api/json?tree=…`` of the remote access
API, with user and API token (HTTP Basic). The host is the policy's, never ``BUILD_URL``'s.

Jenkins knows no attempts: a build that is replayed, rebuilt or restarted is another build, with a
number and a time of its own. And a build belongs to no commit. Which one it is of is told by what
the git plugin checked out of the service's repository; of other repositories (a shared library)
there may be others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from gate.ci.variables import NUMBER, repository_url
from gate.errors import UsageError
from gate.model import Account, Maybe, Problem, ProblemKind, Run

if TYPE_CHECKING:
    from gate.config.secrets import Secrets
    from gate.config.types import JenkinsSettings, NetworkSettings
    from gate.http import Budget, Wire
    from gate.http.document import Document

TREE = (
    "number,url,timestamp,building,inProgress,"
    "actions[causes[userId],lastBuiltRevision[SHA1],remoteUrls]"
)
_CHECKED_OUT = "hudson.plugins.git.util.BuildData"
_BY_USER = "hudson.model.Cause$UserIdCause"
_NOBODY = frozenset({"anonymous", "system", "unknown"})  # no account may be called so


def open_wire(
    settings: JenkinsSettings, secrets: Secrets, network: NetworkSettings, budget: Budget
) -> Wire:
    """The line to the policy's Jenkins, with an account's user name and API token."""
    from requests.auth import HTTPBasicAuth

    from gate.http import Wire

    auth = HTTPBasicAuth(secrets.jenkins_user, secrets.jenkins_token)
    return Wire("jenkins", settings.url, auth=auth, network=network, budget=budget, ca=settings.ca)


def fetch_run(wire: Wire, run_id: str, repository: str) -> Maybe[Run]:
    """The facts of the build ``run_id`` ("folder/job#number") of the service's ``repository``."""
    from gate.http import FetchError, get_json

    place = build_path(run_id)
    if place is None:
        return _malformed("GET /job/…/api/json", "JOB_NAME and BUILD_NUMBER name no build")
    try:
        document = get_json(wire, f"{place}api/json", {"tree": TREE})
    except FetchError as error:
        return error.problem
    return parse_run(document, run_id, repository, wire.base_url)


def build_path(run_id: str) -> str | None:
    """The path of a build below Jenkins's URL, each step escaped; None where it names none."""
    job, _, number = run_id.rpartition("#")
    steps = job.split("/")
    if not NUMBER.fullmatch(number) or not all(_is_step(step) for step in steps):
        return None
    return "".join(f"/job/{quote(step, safe='')}" for step in steps) + f"/{number}/"


def parse_run(document: Any, run_id: str, repository: str, base_url: str) -> Maybe[Run]:
    """A build of the remote API as a ``Run``; a Problem names what is not right.

    ``created_at`` is when the build was made, which is when it left the queue. The actor is the one
    user who started it; None where that was nobody or several, as Jenkins may make one build of
    what several asked for.
    """
    from gate.http.document import Document, ShapeError

    place = build_path(run_id) or ""
    request = f"GET {place}api/json"
    try:
        build = Document(document)
        told = _path(build["url"].text())
        if str(build["number"].integer()) != run_id.rpartition("#")[2]:
            return _malformed(request, "number is not that of the build asked for")
        if not told.endswith(unquote(place)) or told.count("/job/") != place.count("/job/"):
            return _malformed(request, "url is not that of the build asked for")
        actions = build["actions"].each()
        head = _head(actions, repository, request)
        if isinstance(head, Problem):
            return head
        running = build.find("inProgress")  # older versions do not tell it
        return Run(
            ci="jenkins",
            id=run_id,
            attempt=1,
            repository=repository,
            head_sha=head,
            created_at=build["timestamp"].epoch_milliseconds(),
            actor=_actor(actions),
            active=build["building"].boolean() and (running is None or running.boolean()),
            url=f"{base_url}{place}",
        )
    except ShapeError as error:
        return _malformed(request, str(error))


def _path(url: str) -> str:
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""  # which no build's is


def _is_step(step: str) -> bool:
    return step not in {"", ".", ".."}


def _head(actions: tuple[Document, ...], repository: str, request: str) -> Maybe[str]:
    """The one commit that was checked out of the repository, and of no other at once."""
    wanted, heads = _place(repository), set[str]()
    for action in actions:
        if _class_of(action) != _CHECKED_OUT:
            continue
        remotes = {_place(remote.string()) for remote in action["remoteUrls"].each()}
        if wanted not in remotes:
            continue
        if len(remotes) > 1:
            cause = "a checkout of the service's repository has other remotes, too"
            return _ambiguous(request, cause, "check it out by itself, with one remote")
        heads.add(action["lastBuiltRevision"]["SHA1"].commit_id())
    if len(heads) == 1:
        return heads.pop()
    if heads:
        cause = f"the build checked out {len(heads)} commits of the service's repository"
        return _ambiguous(
            request, cause, "check out the one that is deployed, in a build of its own"
        )
    cause = f"the build checked out nothing of {repository} yet"
    return _ambiguous(request, cause, "check it out with the git plugin before gate runs")


def _place(remote: str) -> tuple[str, str]:
    """What makes two ways to write a repository's address one: its host and path."""
    try:
        parts = urlsplit(repository_url("a remote", remote))
    except UsageError:  # a path on the controller, or no address at all: never the service's
        return "no address", remote
    return parts.netloc.lower(), parts.path.lower()


def _actor(actions: tuple[Document, ...]) -> Account | None:
    users = {
        "" if user is None else user.string()
        for action in actions
        if (causes := action.find("causes")) is not None
        for cause in causes.each()
        if _class_of(cause) == _BY_USER
        for user in (cause.find("userId"),)
    }
    only = users.pop() if len(users) == 1 else ""
    return Account("jenkins", only) if only and only.lower() not in _NOBODY else None


def _class_of(found: Document) -> str:
    """Its class, which Jenkins tells of whatever it shows fields of; "" of what is empty."""
    told = found.find("_class")
    return "" if told is None else told.string()


def _malformed(request: str, cause: str) -> Problem:
    remedy = "check ci.jenkins.url in gate.toml, and that no step sets JOB_NAME or BUILD_NUMBER"
    return Problem(ProblemKind.MALFORMED, "jenkins", request, cause, remedy)


def _ambiguous(request: str, cause: str, remedy: str) -> Problem:
    return Problem(ProblemKind.INCOMPLETE, "jenkins", request, cause, remedy)
