"""A state as a short text: the configs of subject and picture, compressed, with a checksum."""

import base64
import json
import zlib
from typing import Any

from ..component import Component, from_config
from .pictures import Picture

LARGEST = 1_000_000  # characters of a config; what is longer is no state but an attack or an accident


def packed(subject: Component, picture: Picture) -> str:
    """The token of a state."""
    configs = json.dumps([subject.to_config(), picture.to_config()], separators=(",", ":"))
    body = zlib.compress(configs.encode(), 9)
    return base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")


def unpacked(token: str) -> tuple[Any, Any]:
    """Subject and picture of a token. ValueError with one sentence for a text that is none, or damaged, or names unknown components."""
    token = token.strip()
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        if base64.urlsafe_b64encode(raw).decode().rstrip("=") != token or int.from_bytes(raw[:4], "big") != zlib.crc32(raw[4:]):
            raise ValueError("the checksum is another one")
        subject, picture = map(from_config, json.loads(zlib.decompressobj().decompress(raw[4:], LARGEST)))
    except (ValueError, zlib.error, LookupError, TypeError, RecursionError) as error:
        raise ValueError(f"this text is no state of an explorer, or a part of it is missing: {token[:24]!r}") from error
    return subject, picture
