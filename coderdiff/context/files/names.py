"""Which folders and files are left out by their names alone, without reading them. Each rule gives a reason or None.

The names follow what Linguist marks as vendored or generated, and what public `.gitignore` templates list. A folder
that a rule names is left out whole. Whoever knows better says so with a negated line in `.coderdiffignore`
(`!vendor/`): then these rules are not asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from coderdiff.context.paths import suffix_of

MAX_DATA_BYTES = 100_000
"""Text that can be data as well as somebody's writing (JSON, YAML, HTML ...) counts as data from here on."""


def suffixes(words: str) -> frozenset[str]:
    """File name endings, each with its dot, from words."""
    return frozenset("." + word for word in words.split())


VERSION_CONTROL = dict.fromkeys((".git", ".hg", ".svn", ".bzr", ".jj", "CVS", "_darcs"), "version control")
"""Names that no rule brings back."""

ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
"""A folder with one of them in it is a Python environment, whatever its name."""

_INSTALLED = "installed packages"
_CACHE = "tool's cache"
_VENDORED = "vendored"
_EDITOR = "editor's own files"

FOLDERS: dict[str, str] = {
    **VERSION_CONTROL,
    **dict.fromkeys(
        ("node_modules", "bower_components", "jspm_packages", ".yarn", ".pnpm-store"), _INSTALLED
    ),
    **dict.fromkeys(("site-packages", "dist-packages", ".venv", "__pypackages__", ".eggs"), _INSTALLED),
    **dict.fromkeys((".bundle", "Pods", "Carthage", "elm-stuff", ".dart_tool", ".cargo-cache"), _INSTALLED),
    **dict.fromkeys(("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"), _CACHE),
    **dict.fromkeys((".tox", ".nox", ".pytype", ".ipynb_checkpoints", ".cache", ".parcel-cache"), _CACHE),
    **dict.fromkeys((".gradle", ".terraform", ".turbo", ".next", ".nuxt", ".svelte-kit", ".angular"), _CACHE),
    **dict.fromkeys(
        (".direnv", ".nyc_output", "htmlcov", "DerivedData", ".sass-cache", ".eslintcache"), _CACHE
    ),
    **dict.fromkeys((".idea", ".vs", ".history"), _EDITOR),
    **dict.fromkeys(("third_party", "third-party", "thirdparty", "3rdparty", "3rd_party"), _VENDORED),
    **dict.fromkeys(("_vendor", "_vendored", "vendored", "_thirdparty", "extern", "externals"), _VENDORED),
    **dict.fromkeys(("Godeps", "_bundled"), _VENDORED),
}
"""Folders left out at any depth, with the reason."""

_PERHAPS_VENDORED = frozenset({"vendor", "vendors"})
_OWN_SOURCE = (".py", ".java", ".kt", ".cs", ".rs", ".ts", ".tsx", ".cpp", ".cc", ".swift", ".scala", ".ex")
_PACKAGE_MARKS = frozenset({"__init__.py", "mod.rs", "index.ts"})

_BUILD_FILES = (
    *("setup.py", "setup.cfg", "pyproject.toml", "package.json", "Cargo.toml", "go.mod", "pom.xml"),
    *("build.gradle", "build.gradle.kts", "settings.gradle", "CMakeLists.txt", "Makefile", "meson.build"),
    *("build.xml", "build.sbt", "composer.json", "Gemfile", "pubspec.yaml", "tsconfig.json", "mix.exs"),
)
_OUTPUT_BESIDE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("build", "dist", "out", "_build", "cmake-build-debug", "cmake-build-release"), _BUILD_FILES
    ),
    "target": ("Cargo.toml", "pom.xml", "build.sbt", "project.clj"),
    "coverage": ("package.json", "tsconfig.json"),
    "_site": ("_config.yml",),
}
_ALWAYS_OUTPUT_BESIDE = {"dist": ("package.json",), "target": ("Cargo.toml", "pom.xml")}

_BINARY_SUFFIXES = suffixes(
    "png jpg jpeg gif bmp ico icns webp avif tif tiff psd ai eps xcf heic mp3 mp4 m4a wav ogg oga flac aac avi mov"
    " mkv webm flv wmv ttf otf woff woff2 eot pdf doc docx xls xlsx ppt pptx odt ods odp zip gz tgz bz2 xz zst lz4"
    " 7z rar tar jar war ear whl egg gem nupkg deb rpm apk ipa dmg iso img msi exe dll so dylib a lib o obj ko pyc"
    " pyo pyd class dex wasm beam hi elc node pdb bin dat db sqlite sqlite3 mdb parquet feather arrow avro orc npy"
    " npz pkl pickle joblib h5 hdf5 pt pth ckpt safetensors onnx gguf tflite pb swf fla blend fbx glb stl keras rdb"
    " rds rdata mat nib xcuserstate suo lnk cur"
)
_DATA_SUFFIXES = suffixes(
    "csv tsv jsonl ndjson geojson topojson svg log po pot xlf xliff ipynb map snap pcap patch diff rej orig dump ps"
    " fasta vcf gpx kml"
)
_PERHAPS_DATA_SUFFIXES = suffixes(
    "json json5 xml yaml yml toml ini txt html htm css scss less md rst adoc tex sql plist"
)
_LOCK_FILES = frozenset(
    {
        *("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "bun.lockb", "composer.lock"),
        *("go.sum", "packages.lock.json", "project.assets.json", "Package.resolved", "gradle.lockfile"),
        *("mix.lock", ".pnp.cjs", ".pnp.js", ".pnp.loader.mjs", "conda-lock.yml", "pixi.lock"),
    }
)
_GENERATED_NAME = re.compile(
    r"_pb2(?:_grpc)?\.pyi?$|\.pb(?:\.gw|\.validate)?\.go$|\.pb\.(?:cc|h)$|_pb\.(?:js|d\.ts|rb)$|_grpc\.pb\.go$"
    r"|\.(?:g|freezed|gr)\.dart$|\.(?:g|g\.i|designer|generated)\.(?:cs|vb)$|\.generated\.[a-z]+$"
    r"|^zz_generated\.|^moc_.+\.cpp$|^qrc_.+\.cpp$|^ui_.+\.h$|\.tab\.[ch]$|^lex\.yy\.c$|\.zep\.(?:c|h|php)$",
    re.IGNORECASE,
)
_MINIFIED_NAME = re.compile(r"[.-](?:min|bundle|chunk|umd)\.(?:js|mjs|cjs|css)$", re.IGNORECASE)


def folder_reason(
    name: str,
    beside: Callable[[str], bool],
    inside: Callable[[], Iterable[str]],
    tracked: Callable[[], bool],
) -> str | None:
    """Why a folder is left out whole, by its name and its surroundings.

    `beside` says whether a name stands next to it, `inside` lists its names (asked only where the folder's own
    name leaves it open), `tracked` says that git tracks something in it.

    * Names in `FOLDERS`: always. So is any folder with `pyvenv.cfg` or `conda-meta` in it.
    * `vendor` and `vendors`, unless source files lie directly in it: then it is a package of that name.
    * `build`, `dist`, `out`, `target` and the like beside a build file: the output of a build, unless git tracks
      it. `dist` beside `package.json` and `target` beside `Cargo.toml` or `pom.xml` are outputs even then.
    """
    if name in FOLDERS:
        return FOLDERS[name]
    if name in _PERHAPS_VENDORED and not any(
        entry.endswith(_OWN_SOURCE) and entry not in _PACKAGE_MARKS for entry in inside()
    ):
        return _VENDORED
    if name in _OUTPUT_BESIDE:
        marks = _ALWAYS_OUTPUT_BESIDE.get(name, ()) if tracked() else _OUTPUT_BESIDE[name]
        found = next((mark for mark in marks if beside(mark)), None)
        return f"build output (beside {found})" if found else None
    return "Python package metadata" if name.endswith((".egg-info", ".dist-info")) else None


def name_reason(name: str, size: int) -> str | None:
    """Why a file is left out, by its name and its size in bytes."""
    suffix = suffix_of(name).lower()
    if suffix in _BINARY_SUFFIXES:
        return f"binary ({suffix})"
    if name in _LOCK_FILES or name.endswith((".lock", ".lockfile")):
        return "lock file"
    if suffix in _DATA_SUFFIXES:
        return f"data ({suffix})"
    if suffix in _PERHAPS_DATA_SUFFIXES and size > MAX_DATA_BYTES:
        return f"data ({suffix} over {MAX_DATA_BYTES // 1000} kB)"
    if _MINIFIED_NAME.search(name):
        return "minified, by its name"
    return "generated, by its name" if _GENERATED_NAME.search(name) else None


def vendored(path: str) -> str | None:
    """Why a file is left out, by the folders of its path alone: another project's code or a tool's files."""
    return next((FOLDERS[part] for part in path.split("/")[:-1] if part in FOLDERS), None)
