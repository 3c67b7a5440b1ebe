"""Sends sequences to a model with a memory, y = 3 s + x, with Triton's own HTTP clients.

    python tritonclient_http_sequences.py 127.0.0.1:8000

Prints a line a check; ends with an assertion error at the first that fails.
"""

import asyncio
import sys

import numpy as np
import tritonclient.http as http
import tritonclient.http.aio as aio

address, = sys.argv[1:]
FIRST = 7


def inputs_of(value):
    tensor = http.InferInput("x", [1, 1], "INT64")
    tensor.set_data_from_numpy(np.array([[value]], dtype=np.int64))
    return [tensor]


def check(what, holds):
    assert holds, what
    print("ok", what)


def expected(values):
    state, results = FIRST, []
    for value in values:
        state = 3 * state + value
        results.append(state)
    return results


client = http.InferenceServerClient(address)
check("the extension", {"sequence", "sequence(string_id)"} <= set(client.get_server_metadata()["extensions"]))
check("callers see one input", [tensor["name"] for tensor in client.get_model_metadata("memory")["inputs"]] == ["x"])

values = [4, -2, 0, 9]
for run in range(2):
    found = []
    for index, value in enumerate(values):
        result = client.infer("memory", inputs_of(value), sequence_id=42, sequence_start=index == 0,
                              sequence_end=index == len(values) - 1)
        found.append(int(result.as_numpy("y")[0, 0]))
        check("controls", result.as_numpy("flags").tolist() == [[int(index == 0), int(index == 3), 1]]
              and result.as_numpy("id")[0, 0] == 42)
    check(f"a sequence, run {run}", found == expected(values))


def check_error(what, text, **sequence):
    try:
        client.infer("memory", inputs_of(1), **sequence)
    except http.InferenceServerException as error:
        check(f"{what}: {error}", text in str(error))
        return
    raise AssertionError(f"{what}: no error")


check_error("a sequence that has ended", "is not running", sequence_id=42)
check_error("no sequence", "sequence_id")
check_error("a text for a number", "sequence_id", sequence_id="a", sequence_start=True)


async def one(client, id):
    found = []
    for index, value in enumerate(range(id, id + 10)):
        result = await client.infer("memory", inputs_of(value), sequence_id=id, sequence_start=index == 0,
                                    sequence_end=index == 9)
        found.append(int(result.as_numpy("y")[0, 0]))
    return found == expected(range(id, id + 10))


async def many():
    async with aio.InferenceServerClient(address) as client:
        return await asyncio.gather(*(one(client, id) for id in range(1, 33)))


check("32 sequences at a time", all(asyncio.run(many())))
