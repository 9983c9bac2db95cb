"""A state as a short text: the configs of subject and picture, compressed, with a checksum."""

import base64
import html
import itertools
import json
import re
import unicodedata
import urllib.parse
import zlib
from typing import Any

from ...component import Component, from_config

MINUS = "\N{MINUS SIGN}"
LARGEST = 10_000_000  # characters of a config; what is longer is no state but an attack or an accident


def packed(subject: Component, picture: Component) -> str:
    """The token of a state."""
    configs = json.dumps([subject.to_config(), picture.to_config()], separators=(",", ":"))
    body = zlib.compress(configs.encode(), 9)
    return base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")


def unpacked(token: str) -> tuple[Any, Any]:
    """Subject and picture of a token, whatever mail or a chat have put into it and around it: the checksum decides.

    ValueError with one sentence for a text that holds none, or a damaged one, or one that names unknown components. TypeError for no text.
    """
    if not isinstance(token, str):
        raise TypeError(f"the state of an explorer must be the text of its token, got {token!r}")
    try:
        subject, picture = map(from_config, json.loads(_body(token)))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(
            f"this text is no state of an explorer, or a part of it is missing: {token.strip()[:24]!r}. "
            "Copy it again as a whole; line breaks, quotes and words around it do no harm"
        ) from error
    return subject, picture


def _body(text: str) -> bytes:
    """The JSON of the token in a text: pieces of base64 side by side, whatever stands between them, with a sound checksum."""
    text = unicodedata.normalize("NFKC", html.unescape(urllib.parse.unquote(text)))
    text = "".join("-" if unicodedata.category(sign) == "Pd" or sign == MINUS else sign for sign in text)
    pieces = re.findall(r"[A-Za-z0-9_-]+", "".join(sign for sign in text if unicodedata.category(sign) != "Cf"))  # Cf: invisible signs
    whole = "".join(pieces)
    edges = {0, *itertools.accumulate(map(len, pieces))}
    for start in sorted(edges):
        if _bytes(whole[start : start + 8])[4:5] != b"\x78":  # zlib begins so
            continue
        raw, unzip = _bytes(whole[start:]), zlib.decompressobj()
        try:
            body = unzip.decompress(raw[4:], LARGEST)
        except zlib.error:
            continue
        raw = raw[: len(raw) - len(unzip.unused_data)]
        said = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        sound = unzip.eof and zlib.crc32(raw[4:]) == int.from_bytes(raw[:4], "big")
        if sound and start + len(said) in edges and whole.startswith(said, start):
            return body
    raise ValueError("no part of it has a sound checksum")


def _bytes(letters: str) -> bytes:
    """What base64 says, without a last letter that says too little."""
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
