"""Sealed files in an object store that speaks S3, of any maker, by way of obstore (extra `s3`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.config import ConfigError
from app.files.stores import StoreAwayError, checked_key

if TYPE_CHECKING:
    from obstore.store import S3Store as Bucket

# A person waits for it: one more try, and then they are told.
_CONNECT, _WHOLE, _TRYING = timedelta(seconds=2), timedelta(seconds=15), timedelta(seconds=4)


class S3Store:
    """Files in a bucket, each under its key; the server keeps an object only when it is whole."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def put(self, key: str, content: bytes) -> None:
        """Keep a file; when the server has answered, it is safe there."""
        import obstore

        try:
            obstore.put(self._bucket, checked_key(key), content, use_multipart=False)
        except _faults() as error:
            raise _away(error) from error

    def get(self, key: str) -> bytes:
        """Read a file. Raises `FileNotFoundError`."""
        import obstore

        try:
            return bytes(obstore.get(self._bucket, checked_key(key)).bytes())
        except FileNotFoundError:
            raise
        except _faults() as error:
            raise _away(error) from error

    def delete(self, key: str) -> None:
        """Remove a file, or do nothing."""
        import obstore

        try:
            obstore.delete(self._bucket, checked_key(key))
        except FileNotFoundError:
            return
        except _faults() as error:
            raise _away(error) from error

    def listing(self) -> Iterator[tuple[str, float]]:
        """Every file of the bucket, a thousand at a time."""
        import obstore

        try:
            for some in obstore.list(self._bucket, chunk_size=1000):
                for each in some:
                    yield each["path"], each["last_modified"].timestamp()
        except _faults() as error:
            raise _away(error) from error


def s3_store(config: Mapping[str, Any], folder: str) -> S3Store:
    """The store that `S3_BUCKET` and its companions name, within a `folder` of the bucket.

    What no row knows is swept, so installations and exercises must not share one. Raises `ConfigError`.
    """
    try:
        from obstore.store import S3Store as Bucket
    except ImportError as error:
        raise ConfigError(
            "S3_BUCKET needs the package obstore; type: pip install 'jiujinban[s3]'"
        ) from error
    missing = [name for name in ("S3_KEY_ID", "S3_SECRET") if not config[name]]
    if missing:
        raise ConfigError(f"S3_BUCKET needs {' and '.join(missing)} as well")
    endpoint = config["S3_ENDPOINT"]
    return S3Store(
        Bucket(
            config["S3_BUCKET"],
            **({"endpoint": endpoint} if endpoint else {}),
            prefix=folder,
            region=config["S3_REGION"],
            access_key_id=config["S3_KEY_ID"],
            secret_access_key=config["S3_SECRET"],
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": _CONNECT,
                "timeout": _WHOLE,
            },
            retry_config={"max_retries": 1, "retry_timeout": _TRYING},
        )
    )


def _faults() -> tuple[type[BaseException], ...]:
    """What a call raises when the server is away, refuses, or has no such bucket."""
    from obstore.exceptions import BaseError

    return (BaseError, OSError)


def _away(_error: BaseException) -> StoreAwayError:
    """The library's own words name addresses and keys of files; they are not for a page."""
    return StoreAwayError()
