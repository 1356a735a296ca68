"""The command line as its users meet it: help, exit codes, sentences instead of tracebacks."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from shared_models.messages import words
from shared_models.problems import Code, Problem
from sync_server.cli import app as commands
from sync_server.cli.exits import Exit, exit_of
from sync_server.cli.language import LANGUAGE, chosen_language
from sync_server.people import repository
from sync_server.people.passwords import verify_password
from sync_server.store import Database

TOP = Path(__file__).resolve().parent.parent.parent.parent
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that the commands use."""
    folder = tmp_path / "data"
    monkeypatch.setenv("REVISIT_DATA", str(folder))
    monkeypatch.delenv("REVISIT_DATABASE_URL", raising=False)
    return folder


def all_commands(group: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every group and command by the words that call it."""
    found = [path]
    for name, command in getattr(group, "commands", {}).items():
        found += all_commands(command, (*path, name))
    return found


def revisit(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from sync_server.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        cwd=TOP,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize("command", all_commands(get_command(commands.app)), ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...], capsys: Captured) -> None:
    assert commands.run([*command, "--help"]) == Exit.OK
    out = capsys.readouterr().out
    assert out.startswith("Usage: revisit")
    assert "cli." not in out, "a key without words"


def test_help_speaks_the_language_asked_for() -> None:
    chinese, english = revisit("--language", "zh", "--help"), revisit("--help", REVISIT_LANGUAGE="en")
    assert words("zh_CN")("cli.serve.help") in chinese.stdout
    assert words("en")("cli.serve.help") in english.stdout


@pytest.mark.parametrize("given", ["fr", "", "e", "zhx"])
def test_a_language_that_is_not_spoken_is_named(given: str, capsys: Captured) -> None:
    assert commands.run(["--language", given, "pwa", "build", "--json", "--no-such-option"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert words(LANGUAGE)("cli.option.language.unknown", given=given) in said


@pytest.mark.parametrize("given", ["zh", "en", "zh-CN", "en_GB", "ZH"])
def test_a_language_may_be_given_as_a_tag(given: str, capsys: Captured) -> None:
    assert commands.run(["--language", given, "doctor", "--help"]) == Exit.OK


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "zh_CN"),
        ([], {"LANG": "C.UTF-8"}, "zh_CN"),
        ([], {"LANG": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "en_GB.UTF-8", "REVISIT_LANGUAGE": "zh"}, "zh_CN"),
        (["--language", "en", "doctor"], {"REVISIT_LANGUAGE": "zh"}, "en"),
        (["--language=en", "doctor"], {}, "en"),
        (["plan", "pdf", "X", "--language", "en"], {}, "zh_CN"),
    ],
)
def test_the_language_comes_from_the_option_the_setting_or_the_locale(
    arguments: list[str], environment: dict[str, str], language: str
) -> None:
    assert chosen_language(arguments, environment) == language


def test_the_page_of_the_commands_is_up_to_date() -> None:
    made = subprocess.run(
        [sys.executable, str(TOP / "scripts" / "cli-docs"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def test_a_word_nobody_knows_is_wrong_usage(capsys: Captured) -> None:
    assert commands.run(["fly"]) == Exit.USAGE
    assert commands.run(["serve", "--port", "many"]) == Exit.USAGE
    assert "Traceback" not in capsys.readouterr().err


def test_an_installation_that_is_not_there_is_said_so_and_not_made(data: Path, capsys: Captured) -> None:
    for command in (["plan", "list"], ["insight", "weak"], ["backup", str(data.parent / "b.zip")]):
        assert commands.run(command) == Exit.ENVIRONMENT
        problem = Problem(Code.NOT_INITIALISED)
        told = capsys.readouterr().err
        assert problem.title(LANGUAGE) in told
        assert problem.todo(LANGUAGE) in told
    assert not (data / "revisit.db").exists()


def test_the_first_account_gets_a_password_of_its_own_told_once(data: Path, capsys: Captured) -> None:
    assert commands.run(["init", "--login", "Leiter", "--generate", "--json"]) == Exit.OK
    shown = json.loads(capsys.readouterr().out)
    assert len(shown["password"]) >= 12
    database = Database(f"sqlite:///{data / 'revisit.db'}")
    with database.read() as session:
        line = repository.credential_of_login(session, "leiter")
    database.close()
    assert line is not None
    assert verify_password(line["password_hash"], shown["password"])
    assert commands.run(["init"]) == Exit.DATA
    told = capsys.readouterr()
    assert Problem(Code.ALREADY_INITIALISED).title(LANGUAGE) in told.err
    assert told.out == ""


def test_two_installations_never_share_a_password(tmp_path: Path, capsys: Captured) -> None:
    passwords: set[str] = set()
    for name in ("a", "b"):
        assert commands.run(["init", "--generate", "--json", "--data", str(tmp_path / name)]) == Exit.OK
        passwords.add(json.loads(capsys.readouterr().out)["password"])
    assert len(passwords) == 2


def test_a_setting_without_a_usable_value_is_named(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("REVISIT_TOKEN_DAYS", "soon")
    assert commands.run(["plan", "list"]) == Exit.USAGE
    assert "REVISIT_TOKEN_DAYS" in capsys.readouterr().err


def test_a_database_of_another_kind_is_wrong_usage_and_keeps_its_password(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("REVISIT_DATABASE_URL", "mysql://me:geheim@host/name")
    assert commands.run(["doctor"]) == Exit.USAGE
    told = capsys.readouterr().err
    assert "postgresql://" in told
    assert "geheim" not in told


@pytest.mark.parametrize("month", ["2026-13", "x", "２０２６-10"])
@pytest.mark.parametrize(
    "command",
    ["insight rates --month", "insight weak --month", "insight reproduce", "report schedule --make"],
)
def test_what_is_no_month_is_wrong_usage(command: str, month: str, capsys: Captured) -> None:
    assert commands.run([*command.split(), month]) == Exit.USAGE
    assert month in capsys.readouterr().err


def test_reports_of_a_month_that_is_not_over_are_not_made(data: Path, capsys: Captured) -> None:
    assert commands.run(["report", "schedule", "--make", "9998-12"]) == Exit.USAGE
    assert "9998-12" in capsys.readouterr().err


def test_files_are_written_into_a_folder_that_is_not_there_yet_and_never_over_a_folder(
    data: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert commands.run(["init", "--generate"]) == Exit.OK
    out = tmp_path / "new" / "people.xlsx"
    assert commands.run(["people", "template", "--out", str(out)]) == Exit.OK
    assert out.stat().st_size
    for command in (["backup"], ["people", "template", "--out"], ["audit", "--out"]):
        assert commands.run([*command, str(tmp_path)]) == Exit.USAGE
    assert commands.run(["people", "template", "--out", "/proc/nothing/x.xlsx"]) == Exit.ENVIRONMENT
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("login", [" ", "a\x00b"])
def test_a_login_that_nobody_can_type_is_refused(login: str, data: Path, capsys: Captured) -> None:
    assert commands.run(["init", "--generate", "--login", login]) == Exit.DATA
    assert Problem(Code.INVALID_REQUEST).title(LANGUAGE) in capsys.readouterr().err


def test_a_data_folder_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    assert commands.run(["init", "--generate", "--data", str(file / "below")]) == Exit.ENVIRONMENT
    assert str(file) in capsys.readouterr().err


def test_a_full_disk_is_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/data/revisit.db")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert commands.run(["init", "--generate"]) == Exit.ENVIRONMENT
    told = capsys.readouterr().err
    assert Problem(Code.DISK_FULL).title(LANGUAGE) in told
    assert "Traceback" not in told


def test_a_disk_without_room_for_a_file_is_a_sentence_without_gaps(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")  # a write names no file, opening does

    assert commands.run(["init", "--generate"]) == Exit.OK
    monkeypatch.setattr("sync_server.people.bulk.template", full)
    assert commands.run(["people", "template", "--out", str(data / "x.xlsx")]) == Exit.ENVIRONMENT
    assert Problem(Code.SERVER_FULL).title(LANGUAGE) in capsys.readouterr().err


def test_a_disk_that_fills_up_under_the_database_is_a_sentence(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL  # as the driver sets it

    def fill(*_: object) -> None:
        raise full

    monkeypatch.setattr("sync_server.cli.archive.copy_file", fill)
    assert commands.run(["init", "--generate"]) == Exit.OK
    assert commands.run(["backup", str(data / "b.zip")]) == Exit.ENVIRONMENT
    assert Problem(Code.SERVER_FULL).title(LANGUAGE) in capsys.readouterr().err
    assert not (data / "b.zip").exists()


def test_what_nobody_expected_becomes_a_sentence_with_a_reference(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    def fail(_: Path | None) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sync_server.cli.doctor.settings_for", fail)
    assert commands.run(["doctor"]) == Exit.ENVIRONMENT
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert "secret detail" not in told
    notes = list(tmp_path.glob("revisit-*.log"))
    assert len(notes) == 1
    assert str(notes[0]) in told
    assert "secret detail" in notes[0].read_text()


def test_every_problem_ends_with_an_exit_code_of_its_kind() -> None:
    assert exit_of(Code.PORT_BUSY) == exit_of(Code.DISK_FULL) == Exit.ENVIRONMENT
    assert exit_of(Code.NOT_FOUND) == exit_of(Code.FILE_UNREADABLE) == Exit.DATA
    assert exit_of(Code.SETTING_INVALID) == exit_of(Code.MAPPING_UNKNOWN) == Exit.USAGE
    assert all(exit_of(code) != Exit.OK for code in Code)


def test_a_busy_port_is_named(data: Path, capsys: Captured) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert commands.run(["serve", "--port", str(port)]) == Exit.ENVIRONMENT
    assert str(port) in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_says_where_it_is_and_ends_cleanly_when_asked(data: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from sync_server.cli import main; main()", "serve", "--port", "0"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=TOP,
        env={**os.environ, "REVISIT_LANGUAGE": "en"},
    )
    assert process.stderr is not None
    try:
        told = [process.stderr.readline()]
        assert "http://127.0.0.1:" in told[0]
        with socket.create_connection(("127.0.0.1", int(told[0].rsplit(":", 1)[1].rstrip("/\n")))):
            while "Ctrl-C" not in told[-1]:
                told.append(process.stderr.readline())
                assert told[-1], "the server ended by itself"
            process.send_signal(number)
            rest = process.stderr.read()
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    assert words("en")("cli.serve.no_accounts") in "".join(told)
    assert "Traceback" not in rest


def test_results_and_talk_never_mix(data: Path, capsys: Captured) -> None:
    commands.run(["init", "--generate", "--json"])
    capsys.readouterr()
    assert commands.run(["insight", "months", "--json"]) == Exit.OK
    captured = capsys.readouterr()
    assert json.loads(captured.out)["months"] == []
    assert captured.err == ""
