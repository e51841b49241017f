"""Where servers are, and the token: typed, from the environment, from the project folder."""

from pathlib import Path

import pytest

from ipo.decoders.remote.access import (
    TOKEN_VARIABLE,
    URL_VARIABLE,
    Access,
    find_access,
    token_file,
)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (URL_VARIABLE, TOKEN_VARIABLE):
        monkeypatch.delenv(name, raising=False)


def write_token(home: Path, content: bytes) -> None:
    token_file(home).parent.mkdir()
    token_file(home).write_bytes(content)


def test_what_is_typed_goes_before_the_environment_and_that_before_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_access(tmp_path, "http://a:1").token == ""
    write_token(tmp_path, b"theirs\n")
    monkeypatch.setenv(URL_VARIABLE, "http://b:1")
    assert find_access(tmp_path, " ") == Access(("http://b:1",), "theirs")
    monkeypatch.setenv(TOKEN_VARIABLE, "mine")
    assert find_access(tmp_path, "http://a:1/, https://a/ipo ,http://a:1") == Access(
        ("http://a:1", "https://a/ipo"), "mine"
    )


@pytest.mark.parametrize(
    "typed",
    ["gpu", "gpu:8766", "ftp://gpu", "http://", "http://gpu:99999", "http://me:secret@gpu", "http://gpu?a=b",
     "http://[::1", "http://gpu\n.example", ","],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_one_that_is(tmp_path: Path, typed: str) -> None:
    with pytest.raises(ValueError, match=r"http://127\.0\.0\.1:8766 would be one|1 to 16 would be right"):
        find_access(tmp_path, typed)


def test_without_an_address_all_ways_to_name_one_are_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"“Servers”.*{URL_VARIABLE}.*serve-decoder"):
        find_access(tmp_path, "")


def test_a_token_that_no_header_can_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_token(tmp_path, "schlüssel".encode())
    with pytest.raises(ValueError, match=r"remote\.token has spaces or") as refused:
        find_access(tmp_path, "http://a:1")
    assert "schl" not in str(refused.value)
    monkeypatch.setenv(TOKEN_VARIABLE, "two words")
    with pytest.raises(ValueError, match=TOKEN_VARIABLE):
        find_access(tmp_path, "http://a:1")


def test_a_token_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    token_file(tmp_path).mkdir(parents=True)
    with pytest.raises(ValueError, match=r"remote\.token cannot be read"):
        find_access(tmp_path, "http://a:1")
