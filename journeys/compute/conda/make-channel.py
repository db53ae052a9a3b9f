"""Makes a channel of conda in a folder, with two packages: this interpreter as `python`, and `tiny-words`.

The forms are those of conda's documentation: an archive with `info/index.json`, `info/files` and `info/paths.json`,
and a `repodata.json` for each platform.
"""

import hashlib
import io
import json
import os
import pathlib
import platform
import sys
import tarfile

channel = pathlib.Path(sys.argv[1])
interpreter = pathlib.Path(os.path.realpath(sys.executable))
release = platform.python_version()
line = ".".join(release.split(".")[:2])
here = {"x86_64": "linux-64", "aarch64": "linux-aarch64"}[platform.machine()]
packages = f"lib/python{line}/site-packages"


def add(archive: tarfile.TarFile, path: str, content: str | pathlib.Path) -> None:
    entry = tarfile.TarInfo(path)
    if isinstance(content, pathlib.Path):
        entry.type, entry.linkname = tarfile.SYMTYPE, str(content)
        archive.addfile(entry)
        return
    entry.size = len(content.encode())
    archive.addfile(entry, io.BytesIO(content.encode()))


def described(path: str, content: str | pathlib.Path) -> dict:
    is_link = isinstance(content, pathlib.Path)
    held = content.read_bytes() if is_link else content.encode()
    return {
        "_path": path,
        "path_type": "softlink" if is_link else "hardlink",
        "sha256": hashlib.sha256(held).hexdigest(),
        "size_in_bytes": 0 if is_link else len(held),
    }


def make(subdir: str, name: str, version: str, depends: list, files: dict) -> dict:
    index = {"name": name, "version": version, "build": "0", "build_number": 0, "depends": depends, "subdir": subdir}
    if subdir == "noarch":
        index["noarch"] = "generic"
    place = channel / subdir / f"{name}-{version}-0.tar.bz2"
    place.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(place, "w:bz2") as archive:
        add(archive, "info/index.json", json.dumps(index))
        add(archive, "info/files", "".join(f"{path}\n" for path in files))
        paths = [described(path, content) for path, content in files.items()]
        add(archive, "info/paths.json", json.dumps({"paths": paths, "paths_version": 1}))
        for path, content in files.items():
            add(archive, path, content)
    held = place.read_bytes()
    digests = {"md5": hashlib.md5(held).hexdigest(), "sha256": hashlib.sha256(held).hexdigest()}
    return {place.name: {**index, **digests, "size": len(held)}}


python = make(
    here,
    "python",
    release,
    [],
    {
        **{f"bin/{name}": interpreter for name in ("python", "python3", f"python{line}")},
        "pyvenv.cfg": f"home = {interpreter.parent}\nversion = {release}\n",
        f"{packages}/README.txt": "Packages of this environment.\n",
    },
)
words = make(
    "noarch",
    "tiny-words",
    "1.2",
    ["python"],
    {f"{packages}/tiny_words.py": "def say():\n    return 'from a channel'\n"},
)
for subdir, found in ((here, python), ("noarch", words)):
    index = {"info": {"subdir": subdir}, "packages": found, "packages.conda": {}, "repodata_version": 1}
    (channel / subdir / "repodata.json").write_text(json.dumps(index))
print(line)
