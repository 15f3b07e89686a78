"""Registers as operators export them, read line by line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, TextIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authz.identity.register_lines import LONGEST, Line, read

JEANNE, PAUL = {"given_name": "Jeanne", "nir": "1"}, {"given_name": "Paul", "nir": "2"}


def lines(text: str) -> list[Line]:
    """Read a register from a text."""
    return list(read(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "text",
    [
        "given_name,nir\nJeanne,1\nPaul,2\n",
        "given_name;nir\r\nJeanne;1\r\nPaul;2",
        " Given_Name \tNIR\nJeanne\t1\nPaul\t2\n",
        '{"given_name": "Jeanne", "nir": "1"}\n{"given_name": "Paul", "nir": "2"}',
        '[{"given_name": "Jeanne", "nir": "1"}, {"given_name": "Paul", "nir": "2"}]',
        json.dumps([JEANNE, PAUL], indent=2),
    ],
)
def test_operator_brings_a_register_in_each_form(text: str) -> None:
    assert [line.said for line in lines(text)] == [JEANNE, PAUL]


@pytest.mark.parametrize("text", ["", "\n\n  \n", "[]", "[ ]\n", "given_name,nir\n", "\n"])
def test_an_empty_register_has_no_lines(text: str) -> None:
    assert lines(text) == []


def test_lines_are_numbered_as_an_editor_does() -> None:
    table = 'given_name,nir,address\n"Jeanne",1,"1 rue\nLyon"\n\nPaul,2,x\n'
    assert [line.number for line in lines("\n" + table)] == [3, 6]
    assert [line.number for line in lines('\n{"a": 1}\n\n{"b": 2}\n')] == [2, 4]
    assert [line.number for line in lines(json.dumps([JEANNE, PAUL], indent=2))] == [2, 6]


def test_a_line_that_cannot_be_read_stops_nobody() -> None:
    assert lines("a,b\n1\n2,3,4\n5,6\n") == [Line(2, None), Line(3, None), Line(4, {"a": "5", "b": "6"})]
    assert lines('{"a": 1}\n{"a": \n[1]\n{"a": 2}') == [
        *(Line(1, {"a": 1}), Line(2, None), Line(3, None), Line(4, {"a": 2})),
    ]
    assert lines('[{"a": 1}, 5, {"a": 2}]')[1:] == [Line(1, None), Line(1, {"a": 2})]


def test_cells_too_large_are_one_refused_line() -> None:
    found = lines("a,b\n" + "x" * 200_000 + ",1\n5,6\n")
    assert found[0] == Line(2, None)
    assert found[-1].said == {"a": "5", "b": "6"}


@pytest.mark.parametrize(("people", "end"), [(30, ""), (30, '"'), (50_000, "")])
def test_people_behind_a_mark_that_nobody_closed_are_each_told_as_missing(people: int, end: str) -> None:
    """Else hundreds are swallowed with the line of one, and no count and no report says so."""
    swallowed = "".join(f"{number},x\n" for number in range(people))
    found = lines(f'a,b\n1,2\n3,"4\n{swallowed}5,6{end}\n')
    assert found[0] == Line(2, {"a": "1", "b": "2"})
    assert [line.number for line in found] == list(range(2, people + 5))
    assert found[1:31] == [Line(number, None) for number in range(3, 33)]


def test_nothing_behind_a_broken_part_of_an_array_is_guessed() -> None:
    assert lines('[{"a": 1},\n{"a": oops}, {"a": 2}]') == [Line(1, {"a": 1}), Line(2, None)]
    assert lines('[{"a": 1}') == [Line(1, {"a": 1}), Line(1, None)]
    assert lines('[{"a": "' + "x" * (LONGEST * 2) + '"}]') == [Line(1, None)]
    assert lines("[" * 100_000) == [Line(1, None)]
    assert lines('{"a": ' + "[" * 20_000 + '\n{"a": 2}')[-1] == Line(2, {"a": 2})


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), st.text(max_size=30), min_size=1), max_size=30), st.integers(0, 4)
)
def test_an_array_says_what_it_holds_however_it_is_laid_out(people: list[dict[str, Any]], indent: int) -> None:
    assert [line.said for line in lines(json.dumps(people, indent=indent or None))] == people


@given(st.text(max_size=300))
def test_no_register_stops_the_reader(text: str) -> None:
    assert all(line.number >= 1 for line in lines(text))


def test_a_register_is_read_as_it_is_asked_for() -> None:
    class Endless(io.TextIOBase):
        """A file that goes on."""

        def __init__(self) -> None:
            self.given = 0

        def readline(self, _size: int = -1) -> str:  # type: ignore[override]
            self.given += 1
            return '{"a": 1}\n'

    endless = Endless()
    found: Iterator[Line] = read(cast(TextIO, endless))
    assert [next(found).number for _ in range(3)] == [1, 2, 3]
    assert endless.given == 3
