"""The inputs are read once, and never half."""

import hashlib
import os

import pytest

from pipeline.errors import InputError
from pipeline.sources import freeze, snapshot


def problem_of(folder, **said):
    with pytest.raises(InputError) as caught:
        freeze(folder, **said)
    return caught.value.problems[0]


def test_takes_the_files_of_the_folder_by_name(tmp_path):
    for name in ("b.csv", "a.csv", ".hidden", "~$a.xlsx"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.csv").write_bytes(b"")
    frozen = freeze(tmp_path)
    assert [(s.name, s.data) for s in frozen] == [("a.csv", b"a.csv"), ("b.csv", b"b.csv")]
    assert frozen[0].sha256 == hashlib.sha256(b"a.csv").hexdigest()


def test_folder_missing_or_a_file(tmp_path):
    assert "does not exist" in problem_of(tmp_path / "none").message
    (tmp_path / "file").write_bytes(b"")
    assert "a file, not a folder" in problem_of(tmp_path / "file").message


def test_link_to_nowhere(tmp_path):
    (tmp_path / "a.csv").symlink_to(tmp_path / "none")
    problem = problem_of(tmp_path)
    assert problem.where == "a.csv"
    assert "link that leads nowhere" in problem.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_not_a_regular_file(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    assert "not a regular file" in problem_of(tmp_path).message


def test_too_large_names_size_and_limit(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"x" * 2000)
    problem = problem_of(tmp_path, limit=1999)
    assert problem.rule == "input-too-large"
    assert "2,000" in problem.message
    assert "1,999" in problem.message


def test_no_permission_names_path_and_user(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(snapshot, "_bytes", denied)
    monkeypatch.setenv("LOGNAME", "officer")
    problem = problem_of(tmp_path)
    assert str(path) in problem.message
    assert "user 'officer'" in problem.message


def test_other_trouble_of_the_disk(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_bytes(b"x")

    def broken(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(snapshot, "_bytes", broken)
    assert "Input/output error" in problem_of(tmp_path).message


@pytest.mark.parametrize("change", [b"1;2;3\n", b"9"], ids=["grows", "same size"])
def test_changed_while_it_was_read(tmp_path, monkeypatch, change):
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")

    def overtaken(path):
        data = path.read_bytes()
        path.write_bytes(change)
        os.utime(path, ns=(1, 1))
        return data

    monkeypatch.setattr(snapshot, "_bytes", overtaken)
    assert problem_of(tmp_path).rule == "input-changed"


def test_a_folder_without_permission(tmp_path, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(type(tmp_path), "iterdir", denied)
    problem = problem_of(tmp_path)
    assert problem.rule == "input-missing"
    assert str(tmp_path) in problem.message


def test_all_problems_at_once(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"xx")
    with pytest.raises(InputError) as caught:
        freeze(tmp_path, limit=1)
    assert [p.where for p in caught.value.problems] == ["a.csv", "b.csv"]
