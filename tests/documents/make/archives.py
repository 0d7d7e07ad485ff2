"""Makes archives of every kind, in memory."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping

import py7zr
import pyzipper


def zip_of(files: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def aes_zip_of(files: Mapping[str, bytes], password: str) -> bytes:
    target = io.BytesIO()
    with pyzipper.AESZipFile(target, "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password.encode())
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def tar_of(files: Mapping[str, bytes], links: Mapping[str, str] = {}) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target_name in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target_name
            archive.addfile(info)
    return target.getvalue()


def sevenzip_of(
    files: Mapping[str, bytes], password: str | None = None, hides_names: bool = False
) -> bytes:
    target = io.BytesIO()
    with py7zr.SevenZipFile(
        target, "w", password=password, header_encryption=hides_names
    ) as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return target.getvalue()
