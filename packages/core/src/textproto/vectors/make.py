"""Writes texts.json: messages as text, and what protobuf's own parser reads from them.

`null` stands for a text that it refuses. Needs protobuf. Run: python make.py
"""

import json
import math
import pathlib

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

F = descriptor_pb2.FieldDescriptorProto
file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="t", syntax="proto2")
message = file.message_type.add(name="M")
kind = message.enum_type.add(name="Kind")
for number, name in enumerate(["AUTO", "CPU", "GPU"]):
    kind.value.add(name=name, number=number)
entry = message.nested_type.add(name="LabelsEntry")
entry.options.map_entry = True
entry.field.add(name="key", number=1, type=F.TYPE_STRING, label=F.LABEL_OPTIONAL)
entry.field.add(name="value", number=2, type=F.TYPE_INT64, label=F.LABEL_OPTIONAL)
for number, (name, type_, label, type_name) in enumerate(
    [
        ("s", F.TYPE_STRING, F.LABEL_OPTIONAL, ""),
        ("i", F.TYPE_INT32, F.LABEL_OPTIONAL, ""),
        ("n", F.TYPE_INT64, F.LABEL_REPEATED, ""),
        ("f", F.TYPE_DOUBLE, F.LABEL_OPTIONAL, ""),
        ("b", F.TYPE_BOOL, F.LABEL_OPTIONAL, ""),
        ("k", F.TYPE_ENUM, F.LABEL_OPTIONAL, ".t.M.Kind"),
        ("m", F.TYPE_MESSAGE, F.LABEL_OPTIONAL, ".t.M"),
        ("ms", F.TYPE_MESSAGE, F.LABEL_REPEATED, ".t.M"),
        ("labels", F.TYPE_MESSAGE, F.LABEL_REPEATED, ".t.M.LabelsEntry"),
        ("strings", F.TYPE_STRING, F.LABEL_REPEATED, ""),
    ],
    start=1,
):
    message.field.add(name=name, number=number, type=type_, label=label, type_name=type_name or None)
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
M = message_factory.GetMessageClass(pool.FindMessageTypeByName("t.M"))

# Without what Python's parser does against the specification: "+5", "- 5", "\\?", "\\q".
TEXTS = [
    "",
    " \n\t # only a comment",
    's: "a"',
    "s:'a'",
    's: "it\'s"',
    's: \'say "x"\'',
    's: "a" "b"\n  \'c\'',
    r's: "\n\t\r\a\b\f\v\\\'\""',
    r's: "\101\7\60" ',
    r's: "\x41\x4a\xc3\xa9"',
    r's: "\303\251" "\303" "\251"',
    r's: "\u00e9\u2713\U0001F600"',
    's: "é✓"',
    r's: "\ud800"',
    r's: "\xff"',
    's: "open',
    's: "two\nlines"',
    "s: a",
    "s: 1",
    's "a"',
    'i: 1 s: "a"',
    'i: 1, s: "a";',
    "i: 1,,",
    "i: -5",
    "i: 0x1F",
    "i: -0XfF",
    "i: 017",
    "i: 08",
    "i: 2147483647",
    "i: 2147483648",
    "i: 1.0",
    "i: 1e3",
    "i: 1a",
    "i: 1 i: 2",
    "n: 1 n: 2",
    "n: [1, 2, 3]",
    "n: []",
    "n: [1, 2,]",
    "n: [1 2]",
    "n [1, 2]",
    "n: 9007199254740991",
    "f: 1.5",
    "f: 1.5f",
    "f: .5",
    "f: 1.",
    "f: 1e-3F",
    "f: 5",
    "f: -2.5E+2",
    "f: inf",
    "f: -Infinity",
    "f: nan",
    "f: x",
    "b: true",
    "b: False",
    "b: t",
    "b: 1",
    "b: 0",
    "b: yes",
    "b: 2",
    "k: CPU",
    "k: 2",
    "k: cpu",
    "k: NPU",
    "m {}",
    "m: {}",
    "m < i: 1 >",
    "m { i: 1 >",
    "m { i: 1",
    "m { m { m { s: 'deep' } } }",
    "m: 1",
    "m {} m {}",
    "ms { i: 1 } ms { i: 2 }",
    "ms [{ i: 1 }, { i: 2 }]",
    "ms: [{ i: 1 }, < i: 2 >]",
    "labels { key: 'a' value: 1 } labels { key: 'b', value: 2 }",
    "labels { key: 'a' value: 1 } labels { key: 'a' value: 2 }",
    "labels: [{ key: 'x' value: 3 }]",
    "strings: ['a' 'b', 'c']",
    "# first\ni: 1 # second\n# third",
    "i: 1 }",
    "i",
    "i:",
    ": 1",
    "i: 1 @",
    "i:1s:'a'",
    "i: 1m{}",
]


def plain(m) -> dict:
    found = {}
    for descriptor, value in m.ListFields():
        name = descriptor.name
        if name == "labels":
            found[name] = dict(sorted(value.items()))
        elif name == "ms":
            found[name] = [plain(each) for each in value]
        elif name == "m":
            found[name] = plain(value)
        elif name in ("n", "strings"):
            found[name] = list(value)
        elif name == "k":
            found[name] = ["AUTO", "CPU", "GPU"][value]
        elif name == "f" and not math.isfinite(value):
            found[name] = str(value)
        else:
            found[name] = value
    return found


rows = []
for text in TEXTS:
    try:
        rows.append([text, plain(text_format.Parse(text, M()))])
    except (text_format.ParseError, UnicodeError):
        rows.append([text, None])
path = pathlib.Path(__file__).with_name("texts.json")
path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
