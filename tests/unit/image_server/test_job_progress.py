"""What a client is told of its request: what is newer than it knows, and no preview of what is drawn."""

import pytest

from ipo.decoders.remote.progress import DecodeProgress, check_request_id, parse_progress
from ipo.image_server.job_progress import JobProgress


def test_only_what_is_newer_is_told() -> None:
    progress = JobProgress()
    waiting = progress.newer(0)
    assert waiting is not None and waiting.message == "Waiting for its turn"
    progress.report(0.25, "Step 1 of 4")
    first = progress.newer(waiting.version)
    assert first is not None and (first.fraction, first.message) == (0.25, "Step 1 of 4")
    assert progress.newer(first.version) is None
    progress.show(1, b"two")
    progress.show(0, b"one")
    second = progress.newer(first.version)
    assert second is not None and second.images() == {0: b"one", 1: b"two"}
    progress.finish(1)
    third = progress.newer(second.version)
    assert third is not None and third.images() == {1: b"two"}


def test_it_comes_back_from_json() -> None:
    said = DecodeProgress.with_images(7, 0.5, "Step 2 of 4", {2: b"\xff\x00"})
    assert parse_progress(said.to_json().encode()) == said
    assert said.images() == {2: b"\xff\x00"}
    assert len(DecodeProgress.with_images(1, 0, "x" * 500, {}).message) == 200


@pytest.mark.parametrize("content", [b"", b"[]", b'{"version": 1}', b'{"error": "no"}', b"<html>"])
def test_other_answers_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="its progress"):
        parse_progress(content)


@pytest.mark.parametrize("text", ["", "abc", "0" * 33, "../" + "0" * 29, "0" * 31 + "G"])
def test_an_id_is_one_that_nobody_guesses(text: str) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        check_request_id(text)
