"""Asks a running server everything that Triton's own HTTP client can ask of what is there yet.

    python tritonclient_http.py 127.0.0.1:8000 ../../examples

Prints a line a check; ends with an assertion error at the first that fails.
"""

import csv
import json
import sys

import numpy as np
import tritonclient.http as http

address, examples = sys.argv[1:]
client = http.InferenceServerClient(address, concurrency=4)


def held_out(model):
    """The held-out rows of an example as it takes them, and what is true of each."""
    with open(f"{examples}/{model}/test.csv") as file:
        _, *records = csv.reader(file)
    return np.array([row[:-1] for row in records], dtype=np.float32), [row[-1] for row in records]


def golden(model):
    """scikit-learn's answers to these rows."""
    with open(f"{examples}/{model}/golden.jsonl") as file:
        return [json.loads(line)["answer"]["outputs"] for line in file]


def to_input(name, rows, binary=True):
    tensor = http.InferInput(name, rows.shape, "FP32")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return tensor


def check(what, holds):
    assert holds, what
    print("ok", what)


def check_error(what, text, call):
    try:
        call()
    except http.InferenceServerException as error:
        check(what, text in str(error))
        return
    raise AssertionError(f"{what}: no error")


check("live and ready", client.is_server_live() and client.is_server_ready())
check("a model is ready", client.is_model_ready("digits"))
check("a version is ready", client.is_model_ready("digits", "1"))
check("an unknown model is not", not client.is_model_ready("nope"))
check("server metadata", "binary_tensor_data" in client.get_server_metadata()["extensions"])
check("model metadata", client.get_model_metadata("digits")["inputs"][0]["shape"] == [-1, 64])
check("model config", [int(size) for size in client.get_model_config("digits")["input"][0]["dims"]] == [64])

pixels, digits = held_out("digits")
labels = client.infer("digits", [to_input("pixels", pixels)]).as_numpy("label")
check("most digits are read", (labels == np.array(digits, dtype=np.int64)).mean() > 0.96)
for binary in (True, False):
    outputs = [http.InferRequestedOutput(name, binary_data=binary) for name in ("label", "probabilities")]
    result = client.infer("digits", [to_input("pixels", pixels, binary)], outputs=outputs,
                          request_id="abc", timeout=5_000_000, priority=1)
    how = "binary" if binary else "JSON"
    check(f"labels, {how}", (result.as_numpy("label") == labels).all())
    check(f"shape, {how}", result.as_numpy("probabilities").shape == (len(labels), 10))
    check(f"request id, {how}", result.get_response()["id"] == "abc")
check("all outputs by default",
      client.infer("digits", [to_input("pixels", pixels)]).as_numpy("probabilities") is not None)
running = [client.async_infer("digits", [to_input("pixels", pixels)]) for _ in range(8)]
check("asynchronous calls",
      all((call.get_result().as_numpy("label") == labels).all() for call in running))

features, _ = held_out("breast-cancer")
names = np.array([b"malignant" if answer["risk"] > 0.5 else b"benign" for answer in golden("breast-cancer")],
                 dtype=object)
result = client.infer("breast-cancer", [to_input("features", features)])
check("strings, and a model with a ZipMap", (result.as_numpy("output_label") == names).all())

statistics = client.get_inference_statistics("digits")["model_stats"][0]
check("statistics", statistics["inference_stats"]["success"]["count"] >= 11)
listed = {entry["name"] for entry in client.get_model_repository_index()}
check("repository index", {"digits", "breast-cancer", "diabetes"} <= listed)
client.unload_model("diabetes")
check("unloaded", not client.is_model_ready("diabetes"))
client.load_model("diabetes")
check("loaded again", client.is_model_ready("diabetes"))

check_error("unknown model", "Request for unknown model",
            lambda: client.infer("nope", [to_input("pixels", pixels)]))
check_error("failed load", "failed to load", lambda: client.load_model("nope"))
check_error("wrong input", 'input "features" does not exist',
            lambda: client.infer("digits", [to_input("features", features)]))
