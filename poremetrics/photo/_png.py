"""What the checksums of a PNG file say before it is decoded."""

from __future__ import annotations

import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE = b"IDAT"


def is_png(data: bytes) -> bool:
    """Tell whether the content starts as a PNG file does."""
    return data.startswith(_SIGNATURE)


def is_intact(data: bytes) -> bool:
    """Tell whether every part of the picture has the checksum it was written with.

    Decoders pass over the checksums of pixel data, and show whatever the damaged data make.
    """
    view = memoryview(data)
    position = len(_SIGNATURE)
    while position + 12 <= len(data):
        length = int.from_bytes(view[position : position + 4], "big")
        end = position + 8 + length
        kind = view[position + 4 : position + 8]
        if kind == _PICTURE and view[end : end + 4] != zlib.crc32(
            view[position + 4 : end]
        ).to_bytes(4, "big"):
            return False
        position = end + 4
    return True
