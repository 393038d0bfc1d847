"""``[log]`` and ``[evidence]``: where records and disclosures go, and who vouches for the log."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from gate.config import grammar
from gate.config.reader import Table, shown, wrong
from gate.config.types import LogSettings

_BUCKET = re.compile(r"(s3|gs|az)://[a-z0-9][a-z0-9._-]{1,62}(/[A-Za-z0-9_.=-]+)*")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
_REGION = re.compile(r"[A-Za-z0-9-]{1,60}")
_SSH = re.compile(r"ssh://([A-Za-z0-9_.-]+@)?[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9_.~-]+)+")
_FILE = re.compile(r"file://(/[^/?#\s]+)+")


def read_places(root: Table) -> tuple[LogSettings, str]:
    """The log's settings, and the URL of the disclosures."""
    log, evidence = root.table("log"), root.table("evidence")
    log.only(("url", "origin", "trust", "endpoint", "region", "ca", "retention"))
    evidence.only(("url",))
    url = log_url(log.text("url"), log.at("url"))
    settings = LogSettings(
        url=url,
        origin=grammar.origin(log.text("origin"), log.at("origin")),
        trust=log.text("trust", "trust"),
        endpoint=_endpoint(log, url),
        region=_region(log, url),
        ca=log.text("ca", ""),
        retention=_retention(log),
    )
    disclosures = grammar.directory(evidence.text("url"), evidence.at("url"))
    if url.startswith("dir:"):
        _require_apart(settings, disclosures)
    return settings, disclosures


def log_url(text: str, path: str) -> str:
    """The URL of a store: a directory, a branch of a git repository, or a bucket."""
    if text.startswith("dir:"):
        return grammar.directory(text, path)
    if text.startswith("git+"):
        return _git(text, path)
    if _BUCKET.fullmatch(text) and not any(p in {".", ".."} for p in text.split("/")):
        return text
    raise wrong(
        path,
        f"{shown(text)} is no store",
        'write "dir:PATH", "git+https://host/repository.git#branch" (git+ssh, git+file), '
        '"s3://bucket/prefix", "gs://bucket/prefix" or "az://container/prefix"',
    )


def _git(text: str, path: str) -> str:
    remote, _, branch = text.removeprefix("git+").partition("#")
    bad = ("..", "//", "/.", ".lock")
    if (
        not _BRANCH.fullmatch(branch)
        or any(b in branch for b in bad)
        or branch.endswith(("/", "."))
    ):
        raise wrong(
            path,
            f"{shown(text)} names no branch",
            'end the URL with "#" and a branch that holds the log alone, such as "#change-log"',
        )
    if remote.startswith(("https:", "http:")):
        return f"git+{grammar.url(remote, path)}#{branch}"
    if not (_SSH if remote.startswith("ssh:") else _FILE).fullmatch(remote):
        raise wrong(path, f"{shown(text)} is no URL of a git repository (https, ssh or file)")
    return text


def _endpoint(log: Table, url: str) -> str:
    text = log.text("endpoint", "")
    if text and not url.startswith(("s3:", "az:")):
        raise wrong(log.at("endpoint"), "is for buckets (s3://, az://) alone")
    return grammar.url(text, log.at("endpoint")) if text else ""


def _region(log: Table, url: str) -> str:
    text = log.text("region", "")
    if text and not url.startswith("s3:"):
        raise wrong(log.at("region"), "is for buckets of s3:// alone")
    if text and not _REGION.fullmatch(text):
        raise wrong(log.at("region"), f"{shown(text)} is no region")
    return text


def _retention(log: Table) -> timedelta | None:
    text = log.text("retention", "")
    return grammar.duration(text, log.at("retention")) if text else None


def _require_apart(settings: LogSettings, disclosures: str) -> None:
    log = Path(settings.url.removeprefix("dir:"))
    if Path(disclosures.removeprefix("dir:")).is_relative_to(log):
        raise wrong(
            "evidence.url",
            "lies in the log's directory",
            "personal data must be able to be erased: keep it apart from the log",
        )
    if Path(settings.trust).is_relative_to(log):
        raise wrong("log.trust", "lies in the log's directory", "a log cannot vouch for itself")
