"""Shapes say what is wrong with a file, and make the schemas by which editors help."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.formats import KINDS, PASSAGE, file_schema, kind_of
from assistant.shapes import Count, Day, Many, Record, Table, Text, did_you_mean, fit, schema
from assistant.yamlfile import parse


def read(shape, text: str):
    """Return the values and the problems, each as text."""
    problems = []
    values = fit(shape, parse(text.encode(), "a.yaml"), "a.yaml", problems)
    return values, [str(p) for p in sorted(problems)]


PET = Record(
    fields={
        "name": Text(most=5),
        "kind": Text(choices=("cat", "dog")),
        "born": Day(),
        "legs": Count(least=1),
        "likes": Many(of=Text(), most=2),
        "colours": Table(names=Text(pattern="[a-z]+", like="small letters"), of=Text()),
    },
    optional=frozenset({"colours"}),
)
GOOD = "name: Rex\nkind: dog\nborn: 2020-02-29\nlegs: 4\nlikes: [bones]\n"


def test_a_sound_file_gives_plain_values():
    assert read(PET, GOOD) == (
        {"name": "Rex", "kind": "dog", "born": date(2020, 2, 29), "legs": 4, "likes": ("bones",)},
        [],
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: Rex", "name: Maximilian", "a.yaml:1:7: error: the text has 10 characters (at most 5)"),
        ("name: Rex", "name:", "a.yaml:1:6: error: nothing stands here (write a text, or delete the line)"),
        ("name: Rex", "name: [Rex]", "a.yaml:1:7: error: expected text, found a list (put text that holds ': ' or starts with '[' or '{' in quotes)"),
        ("name: Rex", "name: TODO", "a.yaml:1:7: error: still to be written (write it, and delete 'TODO')"),
        ("kind: dog", "kind: dug", "a.yaml:2:7: error: 'dug' is not allowed here (did you mean 'dog'?)"),
        ("kind: dog", "kind: fish", "a.yaml:2:7: error: 'fish' is not allowed here (one of cat, dog)"),
        ("2020-02-29", "2021-02-29", "a.yaml:3:7: error: '2021-02-29' is not a day (write it like 2027-05-23)"),
        ("2020-02-29", "29.2.2020", "a.yaml:3:7: error: '29.2.2020' is not a day (write it like 2027-05-23)"),
        ("legs: 4", "legs: 04", "a.yaml:4:7: error: '04' is not a whole number from 1 on (write digits only)"),
        ("legs: 4", "legs: 0", "a.yaml:4:7: error: '0' is not a whole number from 1 on (write digits only)"),
        ("likes: [bones]", "likes: bones", "a.yaml:5:8: error: expected a list, found 'bones' (write each item on a line with '- ')"),
        ("likes: [bones]", "likes: []", "a.yaml:5:8: error: the list is empty (write at least 1)"),
        ("likes: [bones]", "likes: [a, b, c]", "a.yaml:5:8: error: the list has 3 items (at most 2)"),
        ("likes: [bones]", "likes: [a, {b: c}]", "a.yaml:5:12: error: expected text, found names with values (put text that holds ': ' or starts with '[' or '{' in quotes)"),
        ("legs: 4", "leg: 4", "a.yaml:4:1: error: unknown name 'leg' (did you mean 'legs'?)"),
        ("legs: 4\n", "", "a.yaml:1:1: error: 'legs' is missing (add a line `legs: …`)"),
        ("likes: [bones]", "likes: [a]\ncolours: {Red: no}", "a.yaml:6:11: error: 'Red' is not small letters (write small letters)"),
        ("likes: [bones]", "likes: [a]\nsize: 3", "a.yaml:6:1: error: unknown name 'size' (one of name, kind, born, legs, likes, colours)"),
    ],
)  # fmt: skip
def test_each_fault_has_one_message_that_says_what_to_do(old, new, message):
    assert read(PET, GOOD.replace(old, new))[1] == [message]


def test_all_faults_are_told_at_once():
    assert len(read(PET, "name: Maximilian\nkind: fish\nborn: soon\nlegs: many\nlikes: none\n")[1]) == 5


def test_did_you_mean_keeps_silent_without_a_near_name():
    assert did_you_mean("titel", ["title", "ask"]) == "did you mean 'title'?"
    assert did_you_mean("zebra", ["title", "ask"]) == ""


def test_a_schema_says_what_the_shape_says():
    assert schema(PET) == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 5},
            "kind": {"enum": ["cat", "dog"]},
            "born": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
            "legs": {"type": "integer", "minimum": 1},
            "likes": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 2000},
                "minItems": 1,
                "maxItems": 2,
            },
            "colours": {
                "type": "object",
                "propertyNames": {"type": "string", "minLength": 1, "maxLength": 2000, "pattern": "^(?:[a-z]+)$"},
                "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 2000},
            },
        },
        "required": ["name", "kind", "born", "legs", "likes"],
        "additionalProperties": False,
    }


def test_every_kind_has_a_schema_that_explains_its_fields():
    for kind in KINDS:
        made = file_schema(kind)
        assert made["description"] == kind.about
    fields = file_schema(next(k for k in KINDS if k.name == "passage"))["properties"]
    assert set(fields) == set(PASSAGE.fields)
    assert fields["quote"]["description"] == "4 to 12 words copied exactly from that place"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("knowledge.yaml", "knowledge"),
        ("passages/hope.yaml", "passage"),
        ("clinical/diagnosis.yaml", "clinical"),
        ("clinical/look-alikes/general.yaml", "clinical-look-alikes"),
        ("crisis/replies/self_harm.yaml", "crisis-reply"),
        ("helplines/UK.yaml", "helplines"),
    ],
)
def test_the_path_tells_the_kind(path, name):
    kind = kind_of(path)
    assert kind is not None
    assert kind.name == name


@pytest.mark.parametrize("path", ["hope.yaml", "passages/a/b.yaml", "knowledges.yaml", "helpline/UK.yaml"])
def test_strangers_have_no_kind(path):
    assert kind_of(path) is None
