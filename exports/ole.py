"""The directory of an OLE compound file (.xls, encrypted .xlsx), and how its workbook stream begins.

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
_FILEPASS = 0x002F


class OleError(ValueError):
    """Not a whole compound file."""


def streams(file: BinaryIO) -> dict[str, int]:
    """Names of all streams and storages with their first sector.

    Raises OleError for a file that breaks off or runs in circles.
    """
    header, size = _header(file)
    table = _allocation(file, header, size)
    found: dict[str, int] = {}
    sector = struct.unpack_from("<I", header, 48)[0]
    seen: set[int] = set()
    while sector < _LAST_SECTOR:
        if sector in seen or len(seen) >= _MAX_DIRECTORY_SECTORS:
            raise OleError("directory runs in circles")
        seen.add(sector)
        found |= _entries(_sector(file, sector, size))
        if sector >= len(table):
            raise OleError("directory leaves the file")
        sector = table[sector]
    return found


def asks_for_password(file: BinaryIO, first_sector: int) -> bool:
    """True when a FILEPASS record stands at the head of the workbook stream ([MS-XLS] 2.4.117)."""
    _, size = _header(file)
    data = _sector(file, first_sector, size)
    place = 0
    for _ in range(4):
        if place + 4 > len(data):
            return False
        record, length = struct.unpack_from("<HH", data, place)
        if record == _FILEPASS:
            return True
        place += 4 + length
    return False


def _header(file: BinaryIO) -> tuple[bytes, int]:
    """The header and the sector size."""
    file.seek(0)
    header = file.read(512)
    if len(header) < 512 or header[:8] != MAGIC:
        raise OleError("header")
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in (9, 12):
        raise OleError("sector size")
    return header, 1 << shift


def _entries(data: bytes) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(data), _ENTRY):
        length = struct.unpack_from("<H", data, start + 64)[0]
        if data[start + 66] and 2 <= length <= 64:
            name = data[start : start + length - 2].decode("utf-16-le", "replace")
            found[name] = struct.unpack_from("<I", data, start + 116)[0]
    return found


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
