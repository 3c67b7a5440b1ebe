"""Reads each configuration with protobuf's own parser, into expected.json: null where it refuses one.

    python make.py        # with tritonclient[grpc] installed
"""

import json
import pathlib

from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2

HERE = pathlib.Path(__file__).parent

# Small texts, among them those that are wrong.
TEXTS = [
    'name: "a" name: "b"',
    "max_batch_size: 1 max_batch_size: 1",
    "max_batch_size: 3000000000",
    "max_batch_size: 1.5",
    'max_batch_size: "1"',
    "max_batch_size 1",
    "max_batch_size: -0x10",
    "max_batch_size: 017",
    "input { dims: [1, 2,] }",
    "input { dims: [1 2] }",
    "input { dims: [] }",
    "input [ { name: 'x' } { name: 'y' } ]",
    "input [ { name: 'x' }, { name: 'y' } ], output: { name: 'z' };",
    "input: < name: 'x' > input { name: \"y\" }",
    "input < name: 'x' }",
    "input { name: x }",
    "input { data_type: FP32 }",
    "input { data_type: 11 }",
    "input { data_type: 'TYPE_FP32' }",
    "input { format: FORMAT_NHWC is_shape_tensor: t optional: 1 allow_ragged_batch: False }",
    "input { optional: yes }",
    "input { dims: 9223372036854775807000 }",
    "name: 'a' 'b' \"c\"",
    "name: 'tab\\tquote\\'octal\\101hex\\x41uni\\u00e9'",
    'name: "open',
    'name: "\\"',
    "# only a comment",
    "name: 'x' # with { in it",
    "parameters { key: 'k' }",
    "parameters { value { string_value: 'v' } }",
    "parameters { key: 'k' value { string_value: 'a' } } parameters { key: 'k' value { string_value: 'b' } }",
    "parameters { key: 'k' key: 'l' }",
    "dynamic_batching { priority_queue_policy { key: 2 value { max_queue_size: 5 } } }",
    "dynamic_batching { priority_queue_policy { key: -2 value { } } }",
    "dynamic_batching { priority_queue_policy { key: '2' value { } } }",
    "dynamic_batching { max_queue_delay_microseconds: -1 }",
    "dynamic_batching { } sequence_batching { }",
    "dynamic_batching { } dynamic_batching { }",
    "dynamic_batching: 5",
    "version_policy { latest { } all { } }",
    "version_policy: { all: {} }",
    "sequence_batching { direct { minimum_slot_utilization: 0.5 } }",
    "sequence_batching { direct { minimum_slot_utilization: inf } }",
    "sequence_batching { direct { minimum_slot_utilization: 5 } }",
    "sequence_batching { control_input { control { fp32_false_true: [0.0, 1e0f] bool_false_true: [false, true] } } }",
    "response_cache { enable: 2 }",
    "}",
    "{",
    "name",
    ":",
]


def read(text):
    try:
        config = text_format.Parse(text, model_config_pb2.ModelConfig())
    except text_format.ParseError:
        return None
    return json_format.MessageToDict(config, preserving_proto_field_name=True)


files = {file.name: file.read_text() for file in sorted(HERE.glob("*.pbtxt"))}
cases = [[name, text, read(text)] for name, text in [*files.items(), *((text, text) for text in TEXTS)]]
HERE.joinpath("expected.json").write_text(json.dumps(cases, indent=1) + "\n")
