"""From ``s3://bucket/prefix`` (``gs:``, ``az:``) to the bucket or the store there."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gate.errors import UsageError
from gate.store.bucket.store import ObjectStore
from gate.store.contract import Surroundings, Whereabouts

if TYPE_CHECKING:
    from obstore.store import (
        AzureStore,
        ClientConfig,
        GCSConfig,
        GCSStore,
        RetryConfig,
        S3Config,
        S3Store,
    )

    from gate.store.bucket.cloud import ObstoreBucket

_URL = re.compile(r"(s3|gs|az)://([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])((?:/[A-Za-z0-9._-]+)*)")
_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_STORAGE_USE_EMULATOR"),
}
_AUTHORITIES = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR"})
_PROXIES = frozenset({"HTTP_PROXY", "ALL_PROXY", "AWS_PROXY_URL", "AZURE_PROXY_URL"})
_REGIONS = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION"})
_REGION = re.compile(r"[A-Za-z0-9-]{1,60}")
_GOOGLE = "https://storage.googleapis.com"


def open_object(url: str, around: Surroundings) -> ObjectStore:
    """The log's store that ``url`` names; raises what ``open_bucket`` raises."""
    return ObjectStore(open_bucket(url, around.where), around.reader)


def open_bucket(url: str, where: Whereabouts) -> ObstoreBucket:
    """The bucket, or the part of it below a prefix, that ``url`` names; nothing is asked of it yet.

    Place, endpoint and region are the configuration's; credentials are found by the library as its
    SDKs do (variables, profiles of the platform, web identity). Raises ``UsageError`` for a URL
    that names no bucket, for plain http to another machine, for an endpoint in the environment that
    is not the configured one, and without the library.
    """
    match = _URL.fullmatch(url)
    if match is None or {".", ".."} & set(match[3].split("/")):
        raise UsageError(
            f"{url[:200]!r} names no place in a bucket",
            remedy="write it as s3://bucket/prefix, with letters, digits, dots, dashes and slashes",
        )
    scheme, bucket, prefix = match[1], match[2], match[3][1:]
    allow_http = _check_endpoint(where.endpoint)
    _check_environment(scheme, where)
    if allow_http:
        _check_proxies(where)
    try:
        from gate.store.bucket.cloud import ObstoreBucket
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{scheme}: needs a library that is not installed",
            remedy='pip install "change-gate[object]"',
        ) from error
    client: ClientConfig = {
        "allow_http": allow_http,
        "allow_invalid_certificates": False,
        "connect_timeout": "5s",
        "timeout": "30s",
    }
    if where.ca:
        client["root_certificate"] = _read_ca(where.base / where.ca)
    store = _opened(scheme, bucket, where, client)
    return ObstoreBucket(store, f"{prefix}/" if prefix else "", url)


def _opened(
    scheme: str, bucket: str, where: Whereabouts, client: ClientConfig
) -> S3Store | GCSStore | AzureStore:
    from obstore.exceptions import BaseError
    from obstore.store import AzureStore, GCSStore, S3Store

    retry: RetryConfig = {"max_retries": 0, "retry_timeout": timedelta(seconds=30)}
    try:
        if scheme == "gs":
            # Given always: a service account's key, which is of the environment, may name another.
            google: GCSConfig = {"base_url": where.endpoint or _GOOGLE}
            return GCSStore(bucket, config=google, client_options=client, retry_config=retry)
        if scheme == "az":
            if not where.endpoint:
                raise UsageError(
                    "az: needs the account's endpoint in the configuration",
                    remedy='endpoint = "https://ACCOUNT.blob.core.windows.net"',
                )
            return AzureStore(
                bucket,
                config={"endpoint": where.endpoint},
                client_options=client,
                retry_config=retry,
            )
        return S3Store(bucket, config=_amazon(where), client_options=client, retry_config=retry)
    except (BaseError, ValueError, TypeError) as error:
        raise UsageError(
            f"{scheme}://{bucket} cannot be opened: {type(error).__name__}",
            remedy="check the endpoint, the region and the variables of the provider's SDK",
        ) from error


def _amazon(where: Whereabouts) -> S3Config:
    """Place, and static keys; the library finds all other credentials itself."""
    config: S3Config = {
        "conditional_put": "etag",
        "virtual_hosted_style_request": False,
        "disable_bulk_delete": True,  # it takes rights that a writer need not have
        "checksum_algorithm": "SHA256",  # buckets with Object Lock refuse a write without one
    }
    if where.endpoint:
        config["endpoint"] = where.endpoint
    if where.region:
        config["region"] = where.region
    if where.environ.get("AWS_ACCESS_KEY_ID") and where.environ.get("AWS_SECRET_ACCESS_KEY"):
        config["access_key_id"] = where.environ["AWS_ACCESS_KEY_ID"]
        config["secret_access_key"] = where.environ["AWS_SECRET_ACCESS_KEY"]
    if where.environ.get("AWS_SESSION_TOKEN"):
        config["session_token"] = where.environ["AWS_SESSION_TOKEN"]
    return config


def _check_endpoint(endpoint: str) -> bool:
    """Whether plain http is allowed; raises ``UsageError`` for what is no endpoint.

    The messages do not show it: somebody may have written a password into it.
    """
    if not endpoint:
        return False
    try:
        parts = urlsplit(endpoint)
        host, known = parts.hostname or "", parts.scheme in {"http", "https"}
    except ValueError:
        host, known = "", False
    if not known or not host or "@" in endpoint or "?" in endpoint or "#" in endpoint:
        raise UsageError(
            "the configured endpoint is no URL of an object store",
            remedy="write it as https://host, without credentials or a query",
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise UsageError(
            "the configured endpoint is plain http",
            remedy="give its https URL: plain http is for this machine itself only",
        )
    return parts.scheme == "http"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _check_environment(scheme: str, where: Whereabouts) -> None:
    """Refuse variables that would have the library go elsewhere; it heeds them in any case."""
    for name, value in where.environ.items():
        known = name.upper()
        if name in _AUTHORITIES and value not in {"", where.ca}:
            raise UsageError(
                f"{name} in the environment says whom to believe in the place of the object store",
                remedy=f"unset {name}; an own CA is a matter of the configuration "
                f"([{where.section}] ca)",
            )
        if known in _REGIONS and scheme == "s3" and value and not _REGION.fullmatch(value):
            raise UsageError(
                f"{name} in the environment is no region",  # it becomes a part of the host's name
                remedy=f"correct or unset {name}, or give the region in the configuration",
            )
        other = value.rstrip("/") != where.endpoint.rstrip("/")
        if known in _ENDPOINTS[scheme] and value and other:
            raise UsageError(
                f"{name} in the environment names another place than the configuration",
                remedy=f"unset {name}: where things lie is a matter of the configuration alone "
                f"([{where.section}] endpoint)",
            )


def _check_proxies(where: Whereabouts) -> None:
    """Plain http is for this machine, so no proxy of the environment may carry it away."""
    host = urlsplit(where.endpoint).hostname
    for name, value in where.environ.items():
        excluded = where.environ.get("NO_PROXY", "") or where.environ.get("no_proxy", "")
        if value and name.upper() in _PROXIES and host not in excluded.split(","):
            raise UsageError(
                f"{name} in the environment would carry plain http away from this machine",
                remedy=f"unset {name}, or name {host} in NO_PROXY",
            )


def _read_ca(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"the CA bundle {path} cannot be read: {error.strerror}") from error
