"""``[log]`` and ``[evidence]``: where records and disclosures go, and who vouches for the log."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from gate.config import grammar
from gate.config.reader import Table, shown, wrong
from gate.config.types import EvidenceSettings, LogSettings

_BUCKET = re.compile(r"(s3|gs|az)://[a-z0-9][a-z0-9._-]{1,62}(/[A-Za-z0-9_.=-]+)*")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}")
_REGION = re.compile(r"[A-Za-z0-9-]{1,60}")
_SSH = re.compile(r"ssh://([A-Za-z0-9_.-]+@)?[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9_.~-]+)+")
_FILE = re.compile(r"file://(/[^/?#\s]+)+")


def read_places(root: Table) -> tuple[LogSettings, EvidenceSettings]:
    """The log's settings, and those of the disclosures."""
    log, evidence = root.table("log"), root.table("evidence")
    log.only(("url", "origin", "trust", "endpoint", "region", "ca", "retention"))
    evidence.only(("url", "endpoint", "region", "ca"))
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
    place = _evidence_url(evidence.text("url"), evidence.at("url"))
    disclosures = EvidenceSettings(
        url=place,
        endpoint=_endpoint(evidence, place),
        region=_region(evidence, place),
        ca=evidence.text("ca", ""),
    )
    _require_apart(settings, disclosures)
    return settings, disclosures


def log_url(text: str, path: str) -> str:
    """The URL of a store: a directory, a branch of a git repository, or a bucket."""
    if text.startswith("dir:"):
        return grammar.directory(text, path)
    if text.startswith("git+"):
        return _git(text, path)
    if _is_bucket(text):
        return text
    raise wrong(
        path,
        f"{shown(text)} is no store",
        'write "dir:PATH", "git+https://host/repository.git#branch" (git+ssh, git+file), '
        '"s3://bucket/prefix", "gs://bucket/prefix" or "az://container/prefix"',
    )


def _evidence_url(text: str, path: str) -> str:
    """The URL of the disclosures: a directory or a bucket, which can forget."""
    if text.startswith("dir:"):
        return grammar.directory(text, path)
    if _is_bucket(text):
        return text
    if text.startswith("git+"):
        raise wrong(
            path,
            "is a git repository, whose history forgets nothing",
            "personal data must be able to be erased: give a directory or a bucket",
        )
    raise wrong(
        path,
        f"{shown(text)} is no place for disclosures",
        'write "dir:PATH", "s3://bucket/prefix", "gs://bucket/prefix" or "az://container/prefix"',
    )


def _is_bucket(text: str) -> bool:
    return bool(_BUCKET.fullmatch(text)) and not {".", ".."} & set(text.split("/"))


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


def _endpoint(table: Table, url: str) -> str:
    text = table.text("endpoint", "")
    if text and not url.startswith(("s3:", "az:")):
        raise wrong(table.at("endpoint"), "is for buckets (s3://, az://) alone")
    return grammar.url(text, table.at("endpoint")) if text else ""


def _region(table: Table, url: str) -> str:
    text = table.text("region", "")
    if text and not url.startswith("s3:"):
        raise wrong(table.at("region"), "is for buckets of s3:// alone")
    if text and not _REGION.fullmatch(text):
        raise wrong(table.at("region"), f"{shown(text)} is no region")
    return text


def _retention(log: Table) -> timedelta | None:
    text = log.text("retention", "")
    return grammar.duration(text, log.at("retention")) if text else None


def _require_apart(settings: LogSettings, disclosures: EvidenceSettings) -> None:
    if _inside(disclosures.url, settings.url):
        place = "directory" if settings.url.startswith("dir:") else "part of the bucket"
        raise wrong(
            "evidence.url",
            f"lies in the log's {place}",
            "personal data must be able to be erased: keep it apart from the log",
        )
    if settings.url.startswith("dir:") and _inside(f"dir:{settings.trust}", settings.url):
        raise wrong("log.trust", "lies in the log's directory", "a log cannot vouch for itself")


def _inside(url: str, log: str) -> bool:
    """Whether ``url`` is ``log``'s own place or below it, whatever the endpoints are called."""
    if log.startswith("dir:"):
        inner, outer = (one.removeprefix("dir:") for one in (url, log))
        return url.startswith("dir:") and Path(inner).is_relative_to(outer)
    return f"{url}/".startswith(f"{log}/")
