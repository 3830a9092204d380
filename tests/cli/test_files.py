from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coderdiff.cli import files
from coderdiff.errors import InputError

BOM = b"\xef\xbb\xbf"
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
# What str.splitlines, unlike editors and compilers, takes for line ends is among the characters.
CHARACTERS = {
    "utf-8": st.text(st.sampled_from("ab \t(é\x0c\x85\u2028𝒳\ufeff")),
    "latin-1": st.text(st.sampled_from("ab \t(éÿ\x85\x0c")),
}
on_a_disk = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def stored_files(draw: st.DrawFn) -> bytes:
    """Files of any mix of line ends, in the encodings that source code has."""
    kind = draw(st.sampled_from(["plain", "bom", "latin-1 cookie", "latin-1", "cp1252 cookie"]))
    encoding = "utf-8" if kind in {"plain", "bom"} else "latin-1"
    lines = draw(st.lists(st.tuples(CHARACTERS[encoding], LINE_ENDS), max_size=8))
    body = "".join(line + end for line, end in lines) + draw(CHARACTERS[encoding])
    if kind.endswith("cookie"):
        body = f"# -*- coding: {kind.split()[0]} -*-\r\n" + body
    return (BOM if kind == "bom" else b"") + body.encode(encoding)


def write(folder: Path, data: bytes) -> Path:
    path = folder / "file.py"
    path.write_bytes(data)
    return path


@on_a_disk
@given(stored=stored_files())
@example(stored=b"\r\r\n\n\r")
@example(stored=BOM + BOM)
@example(stored=b"# coding: utf-7\n+AOk-\n")
@example(stored=b"# coding: unicode_escape\n\\n\n")
@example(stored=b"# coding: rot13\nnop\n")
@example(stored=b"# coding: utf-8\n\xff\n")
def test_an_edit_of_nothing_gives_back_the_very_bytes(tmp_path: Path, stored: bytes) -> None:
    source = files.read(write(tmp_path, stored))
    assert files.splice(source, 0, 0, "") == stored
    assert files.splice(source, len(source.text), len(source.text), "") == stored


@on_a_disk
@given(stored=stored_files(), data=st.data())
def test_bytes_outside_of_the_edit_stay(tmp_path: Path, stored: bytes, data: st.DataObject) -> None:
    source = files.read(write(tmp_path, stored))
    start = data.draw(st.integers(0, len(source.text)))
    end = data.draw(st.integers(start, len(source.text)))
    inserted = data.draw(st.text(st.sampled_from("xyz\n")))
    bom = BOM if source.bom else b""
    # One unit of the file for each character of the text: a line end of two characters counts as one.
    units = re.findall("\r\n|.", stored[len(bom) :].decode(source.encoding), re.DOTALL)
    assert len(units) == len(source.text)
    head, tail = "".join(units[:start]), "".join(units[end:])
    expected = head + inserted.replace("\n", source.newline) + tail
    assert files.splice(source, start, end, inserted) == bom + expected.encode(source.encoding)


@on_a_disk
@given(stored=stored_files())
def test_text_has_only_plain_line_ends(tmp_path: Path, stored: bytes) -> None:
    source = files.read(write(tmp_path, stored))
    assert "\r" not in source.text
    assert source.text.count("\n") == len(source.line_ends)


@pytest.mark.parametrize(
    ("stored", "encoding", "bom"),
    [
        (b"x = 1\n", "utf-8", False),
        ("é = 1\n".encode(), "utf-8", False),
        (BOM + b"x = 1\n", "utf-8", True),
        (b"\xe9 = 1\n", "latin-1", False),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n\x80\n", "cp1252", False),
        (b"# coding: no-such-codec\n\xe9\n", "latin-1", False),
        (b"# coding: ascii\n\xe9\n", "latin-1", False),
        (b"", "utf-8", False),
    ],
)
def test_encodings(tmp_path: Path, stored: bytes, encoding: str, bom: bool) -> None:
    source = files.read(write(tmp_path, stored))
    assert (source.encoding, source.bom) == (encoding, bom)


@pytest.mark.parametrize(
    ("stored", "newline"),
    [(b"", "\n"), (b"a\r\nb\r\nc\n", "\r\n"), (b"a\rb\r", "\r"), (b"a\nb\r\n", "\n"), (b"a\r\nb\n", "\r\n")],
)
def test_inserted_lines_end_as_most_lines_do(tmp_path: Path, stored: bytes, newline: str) -> None:
    source = files.read(write(tmp_path, stored))
    assert source.newline == newline
    assert files.splice(source, 0, 0, "x\ny\r\n") == f"x{newline}y{newline}".encode() + stored


def test_text_is_encoded_as_the_file_is(tmp_path: Path) -> None:
    source = files.read(write(tmp_path, b"# \xe9\n"))
    assert files.splice(source, 4, 4, "ü") == b"# \xe9\n\xfc"
    with pytest.raises(InputError, match=r"U\+20AC.*latin-1"):
        files.splice(source, 4, 4, "€")


def test_an_encoding_with_a_state_is_not_torn(tmp_path: Path) -> None:
    stored = "# coding: iso2022_jp\n# 日本\n".encode("iso2022_jp")
    source = files.read(write(tmp_path, stored))
    assert files.splice(source, len(source.text), len(source.text), "x = 1\n") == stored + b"x = 1\n"
    with pytest.raises(InputError, match="iso2022_jp"):
        files.splice(source, source.text.index("本"), source.text.index("本"), "x")


class TestRefusals:
    def refused(self, path: Path) -> str:
        with pytest.raises(InputError) as caught:
            files.read(path)
        message = str(caught.value)
        assert "\n" not in message
        return message

    def test_missing(self, tmp_path: Path) -> None:
        assert "no such file" in self.refused(tmp_path / "missing.py")

    def test_folder(self, tmp_path: Path) -> None:
        assert "folder" in self.refused(tmp_path)

    def test_binary(self, tmp_path: Path) -> None:
        assert "binary" in self.refused(write(tmp_path, b"ELF\0\1"))
        assert "binary" in self.refused(write(tmp_path, "x = 1\n".encode("utf-16")))

    def test_too_large(self, tmp_path: Path) -> None:
        path = write(tmp_path, b"")
        os.truncate(path, files.MAX_BYTES + 1)
        assert "too large" in self.refused(path)

    @pytest.mark.skipif(os.name != "posix", reason="devices are files there only")
    def test_device(self) -> None:
        assert "regular file" in self.refused(Path(os.devnull))

    @pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
    def test_no_permission(self, tmp_path: Path) -> None:
        path = write(tmp_path, b"x")
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
        assert "permission denied" in self.refused(path)

    @pytest.mark.skipif(os.name != "posix", reason="the name is not valid elsewhere")
    def test_a_name_that_is_too_long(self, tmp_path: Path) -> None:
        assert self.refused(tmp_path / ("x" * 300))


class TestWriting:
    def test_replaces_and_leaves_nothing_behind(self, tmp_path: Path) -> None:
        path = write(tmp_path, b"old")
        files.write_atomic(path, b"new", expected=b"old")
        assert path.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
    @pytest.mark.parametrize("mode", [0o755, 0o600, 0o664])
    def test_keeps_the_mode(self, tmp_path: Path, mode: int) -> None:
        path = write(tmp_path, b"old")
        path.chmod(mode)
        files.write_atomic(path, b"new")
        assert stat.S_IMODE(path.stat().st_mode) == mode

    @pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
    def test_a_new_file_gets_the_usual_mode(self, tmp_path: Path) -> None:
        usual = tmp_path / "usual"
        usual.touch()
        files.write_atomic(tmp_path / "new", b"new")
        assert (tmp_path / "new").stat().st_mode == usual.stat().st_mode

    @pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
    def test_a_link_stays_and_its_target_changes(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        target = write(tmp_path / "real", b"old")
        link = tmp_path / "link.py"
        link.symlink_to(target)
        files.write_atomic(link, b"new", expected=b"old")
        assert link.is_symlink()
        assert target.read_bytes() == b"new"
        assert list((tmp_path / "real").iterdir()) == [target]

    def test_a_file_that_changed_meanwhile_is_left_alone(self, tmp_path: Path) -> None:
        path = write(tmp_path, b"changed by someone")
        with pytest.raises(InputError, match="changed on disk"):
            files.write_atomic(path, b"new", expected=b"old")
        assert path.read_bytes() == b"changed by someone"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_file_that_went_away_is_not_made_anew(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="nothing was written"):
            files.write_atomic(tmp_path / "gone.py", b"new", expected=b"old")
        assert list(tmp_path.iterdir()) == []

    def test_a_failed_write_leaves_the_file_as_it_was(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def disk_full(_: int) -> None:
            raise OSError(28, "No space left on device")

        path = write(tmp_path, b"old")
        monkeypatch.setattr(os, "fsync", disk_full)
        with pytest.raises(InputError, match="No space left"):
            files.write_atomic(path, b"new", expected=b"old")
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
    def test_a_write_protected_file_is_respected(self, tmp_path: Path) -> None:
        path = write(tmp_path, b"old")
        path.chmod(0o444)
        if os.access(path, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(InputError, match="write-protected"):
            files.write_atomic(path, b"new")
        assert path.read_bytes() == b"old"

    def test_a_folder_that_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no such file"):
            files.write_atomic(tmp_path / "missing" / "page.html", b"new")
