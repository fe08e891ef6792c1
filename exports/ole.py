"""The directory of an OLE compound file (.xls, encrypted .xlsx): names of its streams, nothing more.

Layout after [MS-CFB]: a header of 512 bytes, a sector allocation table, a directory of 128-byte entries.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA
_ENTRY = 128
_HEADER_TABLE_ENTRIES = 109
_MAX_DIRECTORY_SECTORS = 4096


class OleError(ValueError):
    """Not a whole compound file."""


def stream_names(file: BinaryIO) -> set[str]:
    """Names of all streams and storages. Raises OleError for a file that breaks off or runs in circles."""
    file.seek(0)
    header = file.read(512)
    if len(header) < 512 or header[:8] != MAGIC:
        raise OleError("header")
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in (9, 12):
        raise OleError("sector size")
    size = 1 << shift
    table = _allocation(file, header, size)
    names: set[str] = set()
    sector = struct.unpack_from("<I", header, 48)[0]
    seen: set[int] = set()
    while sector < _LAST_SECTOR:
        if sector in seen or len(seen) >= _MAX_DIRECTORY_SECTORS:
            raise OleError("directory runs in circles")
        seen.add(sector)
        names |= _entries(_sector(file, sector, size))
        if sector >= len(table):
            raise OleError("directory leaves the file")
        sector = table[sector]
    return names


def _entries(data: bytes) -> set[str]:
    names = set()
    for start in range(0, len(data), _ENTRY):
        length = struct.unpack_from("<H", data, start + 64)[0]
        if data[start + 66] and 2 <= length <= 64:
            names.add(data[start : start + length - 2].decode("utf-16-le", "replace"))
    return names


def _sector(file: BinaryIO, number: int, size: int) -> bytes:
    file.seek((number + 1) * size)
    data = file.read(size)
    if len(data) < size:
        raise OleError("sector missing")
    return data


def _allocation(file: BinaryIO, header: bytes, size: int) -> list[int]:
    """The sector allocation table as far as the header and its continuation sectors list it."""
    places = list(struct.unpack_from(f"<{_HEADER_TABLE_ENTRIES}I", header, 76))
    more = struct.unpack_from("<I", header, 68)[0]
    per_sector = size // 4
    for _ in range(_MAX_DIRECTORY_SECTORS):
        if more >= _LAST_SECTOR:
            break
        continued = struct.unpack(f"<{per_sector}I", _sector(file, more, size))
        places += continued[:-1]
        more = continued[-1]
    table: list[int] = []
    for place in places:
        if place >= _LAST_SECTOR:
            break
        table += struct.unpack(f"<{per_sector}I", _sector(file, place, size))
    return table
