"""Files of labels as people have them, and what each gives; a file that is refused is left as it is."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipo.digits.labels import csv_file
from ipo.digits.labels.store import NONE, BadLabels, LabelStore

COUNT, CLASSES = 30, 10
TWO = {17: 7, 3: 1}

READ: dict[str, tuple[bytes, dict[int, int]]] = {
    "as it is written": (b"Serial,label\n3,1\n17,7\n", TWO),
    "no line end at the end": (b"Serial,label\n3,1\n17,7", TWO),
    "Windows": (b"Serial,label\r\n3,1\r\n17,7\r\n", TWO),
    "an old Mac": (b"Serial,label\r3,1\r17,7\r", TWO),
    "a byte order mark": (b"\xef\xbb\xbfSerial,label\n3,1\n17,7\n", TWO),
    "semicolons": (b"Serial;label\n3;1\n17;7\n", TWO),
    "semicolons and decimal commas": (b"Serial;label\n3;1,0\n17,0;7,0\n", TWO),
    "tabs": (b"Serial\tlabel\n3\t1\n17\t7\n", TWO),
    "Unicode text of Excel": ("\ufeffSerial\tlabel\r\n3\t1\r\n17\t7\r\n".encode("utf-16-le"), TWO),
    "UTF-16, big-endian": ("\ufeffSerial,label\n3,1\n17,7\n".encode("utf-16-be"), TWO),
    "everything quoted": (b'"Serial","label"\n"3","1"\n"17","7"\n', TWO),
    "spaces": (b" Serial , label \n 3 , 1 \n17,7 \n", TWO),
    "numbers of pandas": (b"Serial,label\n3.0,1.0\n17,7.000000\n4,NaN\n5,\n6,<NA>\n", TWO),
    "missing values of others": (b"Serial,label\n3,1\n17,7\n4,NA\n5,#N/A\n6,null\n", TWO),
    "rows that were emptied": (b"Serial,label\n,\n3,1\n , \n17,7\n\n,\n", TWO),
    "rows emptied between semicolons": (b"Serial;label\n;\n3;1\n;;;\n17;7\n", TWO),
    "emptied rows before the head": (b",\n\nSerial,label\n3,1\n17,7\n", TWO),
    "columns that were emptied": (b"Serial,label,,\n3,1,,\n17,7,,\n", TWO),
    "a head in capitals": (b"SERIAL,Label\n3,1\n17,7\n", TWO),
    "columns the other way round": (b"label,Serial\n1,3\n7,17\n", TWO),
    "only a head": (b"Serial,label\n", {}),
}
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "labels.csv is empty; its first line should be Serial,label."),
    "only empty rows": (b"\n,\n\n", "labels.csv is empty;"),
    "no head": (b"3,1\n17,7\n", "line 1: '3,1'; Serial,label would be right."),
    "a head of others": (b"id,digit\n3,1\n", "line 1: 'id,digit'; Serial,label would be right."),
    "a column twice": (b"Serial,label,label\n3,1,1\n", "line 1: 'Serial,label,label'; Serial,label would"),
    "notes": (b"Serial,label,note\n3,1,\n17,7,blurred\n", "line 3: blurred in the column note; Serial,label"),
    "the index of pandas": (b",Serial,label\n0,3,1\n", "line 2: 0 in a column without a name;"),
    "a cell too many": (b"Serial,label\n3,1,9\n", "line 2: 9 in a column without a name;"),
    "a cell too few": (b"Serial,label\n3,1\n17\n", "line 3: 1 values; Serial,label would be right."),
    "an image twice": (b"Serial,label\n3,1\n,\n3,2\n", "line 4: Serial 3 is in line 2 too;"),
    "a label without an image": (b"Serial,label\n,7\n", "line 2: Serial ; 0 to 29 would be right."),
    "an image too many": (b"Serial,label\n30,1\n", "line 2: Serial 30; 0 to 29 would be right."),
    "seven thousand, or seven": (b"Serial,label\n7.000,1\n", "line 2: Serial 7.000;"),
    "rounded by a spreadsheet": (b"Serial,label\n1E+01,1\n", "line 2: Serial 1E+01;"),
    "Python's underscores": (b"Serial,label\n1_0,1\n", "line 2: Serial 1_0;"),
    "the name of a class": (b"Serial,label\n3,one\n", "line 2: label one; 0 to 9 or nothing would"),
    "half a label": (b"Serial,label\n3,1.5\n", "line 2: label 1.5;"),
    "a number without end": (b"Serial,label\n" + b"9" * 400 + b",1\n", "line 2: Serial 9999999999"),
    "a quote that does not end": (b'Serial,label\n3,"1\n17,7\n', "line 3: unexpected end of data"),
    "Latin-1": ("Serial,label\n3,1\n4,für\n".encode("latin-1"), "line 3: this is not UTF-8."),
    "half of UTF-16": ("Serial,label\n3,1\n".encode("utf-16")[:-1], "this is not UTF-16."),
    "a spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00", "would be right"),
    "a mark that turns text around": (
        "Serial,label\n\u202e3,1\n".encode(),
        "line 2: Serial ",
    ),
}


@pytest.mark.parametrize("case", READ)
def test_a_file_of_labels_is_read_as_it_was_meant(tmp_path: Path, case: str) -> None:
    content, right = READ[case]
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    store = LabelStore(tmp_path, COUNT, CLASSES)
    found = store.snapshot().values
    assert {int(serial): int(found[serial]) for serial in np.flatnonzero(found != NONE)} == right
    assert path.read_bytes() == content  # reading changes nothing
    store.label(20, 2)
    again = LabelStore(tmp_path, COUNT, CLASSES).snapshot().values
    assert {int(at): int(again[at]) for at in np.flatnonzero(again != NONE)} == right | {20: 2}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_of_labels_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    content, says = REFUSED[case]
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(BadLabels) as told:
        LabelStore(tmp_path, COUNT, CLASSES)
    assert says in str(told.value) and str(path) in str(told.value)
    assert "\u202e" not in str(told.value)
    assert str(told.value).endswith("It was left as it is.")
    assert path.read_bytes() == content


@pytest.mark.parametrize("name", ["labels.csv", "labels.log.jsonl"])
@pytest.mark.parametrize("kind", ["pipe", "socket", "folder"])
def test_what_is_no_file_is_said_and_not_waited_for(tmp_path: Path, name: str, kind: str) -> None:
    store = LabelStore(tmp_path, COUNT)
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.close()
    for act in (lambda: store.label(3, 1), lambda: store.label(4, 1, event="key"), store.undo):
        with pytest.raises((OSError, ValueError), match=name):
            act()
    assert not path.is_file()
    path.rmdir() if kind == "folder" else path.unlink()
    assert store.label(4, 1, event="key").count == 1


@given(
    labels=st.dictionaries(st.integers(0, COUNT - 1), st.integers(0, CLASSES - 1)),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    decimal=st.booleans(),
    empty=st.integers(0, 3),
)
def test_any_dialect_of_a_spreadsheet_gives_the_same_labels(
    tmp_path_factory: pytest.TempPathFactory,
    labels: dict[int, int],
    delimiter: str,
    encoding: str,
    end: str,
    decimal: bool,
    empty: int,
) -> None:
    ending = ".0" if decimal else ""
    rows = [("Serial", "label"), *((f"{at}{ending}", f"{label}{ending}") for at, label in labels.items())]
    rows += [("", "")] * empty
    path = tmp_path_factory.mktemp("dialects") / "labels.csv"
    path.write_bytes(end.join(delimiter.join(row) for row in rows).encode(encoding))
    right = np.full(COUNT, NONE, np.int8)
    right[list(labels)] = list(labels.values())
    np.testing.assert_array_equal(csv_file.read(path, COUNT, CLASSES), right)


@given(content=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("noise") / "labels.csv"
    for begins in (b"", b"Serial,label\n3,1\n"):
        path.write_bytes(begins + content)
        try:
            assert csv_file.read(path, COUNT, CLASSES).shape == (COUNT,)
        except BadLabels as error:
            assert "It was left as it is." in str(error)


GOOD = {
    "at": "2026-01-02T03:04:05.678+00:00",
    "who": "user",
    "action": "label",
    "event": "odd",
    "serials": [4],
    "before": [NONE],
    "after": 2,
}
ODD: dict[str, bytes | dict[str, Any]] = {
    "an image that is not there": {"serials": [50]},
    "an image before the first": {"serials": [-1]},
    "an image without end": {"serials": [10**400]},
    "text for an image": {"serials": ["4"]},
    "one image that is no list": {"serials": 4},
    "no image": {"serials": [], "before": []},
    "half an image": {"serials": [4.5]},
    "other lengths": {"before": [NONE, NONE]},
    "lists of other lengths": {"after": [1, 2, 3]},
    "a class that is not there": {"after": 99},
    "a code that is not there": {"before": [-3]},
    "text for a class": {"after": "2"},
    "true for a class": {"after": True},
    "null for what came after": {"after": None},
    "an undo that says what came after": {"action": "undo"},
    "another act": {"action": "sing"},
    "a number for an event": {"event": 7},
    "NaN": json.dumps(GOOD).replace("[-1]", "[NaN]").encode(),
    "nested deeply": b"[" * 100_000,
    "nested deeply within": json.dumps(GOOD).replace("[4]", "[" * 10_000 + "]" * 10_000).encode(),
    "cut short": b'{"action": "lab',
    "no UTF-8": b'{"action": "\xff"}',
    "a list": b"[1, 2]",
    "null": b"null",
    "zeros of a power cut": b"\0" * 64,
}


@pytest.mark.parametrize("case", ODD)
def test_a_line_of_the_log_that_does_not_fit_is_passed_over(tmp_path: Path, case: str) -> None:
    store = LabelStore(tmp_path, COUNT, CLASSES)
    store.label(1, 4, event="one")
    odd = ODD[case]
    line = odd if isinstance(odd, bytes) else json.dumps(GOOD | odd).encode()
    with open(store.log, "ab") as log:
        log.write(line + b"\n")
    assert store.label(1, 4, event="one").count == 1  # the event is known
    store.label(2, 5, event="two")
    assert [act["event"] for act in store.history()] == ["one", "two"]
    assert line in store.log.read_bytes()
    for left in (1, 0):
        labels = store.undo()
        assert labels is not None and labels.count == left
    assert store.undo() is None
