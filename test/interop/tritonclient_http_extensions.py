"""Asks a running server what Triton's HTTP extensions add, with Triton's own HTTP client.

    python tritonclient_http_extensions.py 127.0.0.1:8000 ../../examples

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
    """The held-out rows of an example as it takes them."""
    with open(f"{examples}/{model}/test.csv") as file:
        _, *records = csv.reader(file)
    return np.array([row[:-1] for row in records], dtype=np.float32)


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
        check(f"{what}: {error}", text in str(error))
        return
    raise AssertionError(f"{what}: no error")


pixels = held_out("digits")
features = held_out("breast-cancer")
plain = client.infer("digits", [to_input("pixels", pixels)])
labels, probabilities = plain.as_numpy("label"), plain.as_numpy("probabilities")

# Compression, of either direction or both.
for sent in ("gzip", "deflate", None):
    for wanted in ("gzip", "deflate", None):
        for binary in (True, False):
            outputs = [http.InferRequestedOutput(name, binary_data=binary) for name in ("label", "probabilities")]
            result = client.infer("digits", [to_input("pixels", pixels, binary)], outputs=outputs,
                                  request_compression_algorithm=sent, response_compression_algorithm=wanted)
            check(f"{sent} sent, {wanted} wanted, {'binary' if binary else 'JSON'}",
                  (result.as_numpy("probabilities") == probabilities).all()
                  and (result.as_numpy("label") == labels).all())


# Classification.
def classes_of(model, name, rows, output, count, binary):
    wanted = http.InferRequestedOutput(output, binary_data=binary, class_count=count)
    found = client.infer(model, [to_input(name, rows)], outputs=[wanted]).as_numpy(output)
    return [[text.decode() if isinstance(text, bytes) else text for text in row] for row in found]


def expected_classes(values, count, names=None):
    order = np.argsort(-values, axis=1, kind="stable")[:, :count]
    suffix = (lambda index: "") if names is None else (lambda index: f":{names[index]}")
    return [[f"{row[index]:.6f}:{index}{suffix(index)}" for index in best] for row, best in zip(values, order)]


for binary in (True, False):
    check(f"three classes, {'binary' if binary else 'JSON'}",
          classes_of("digits", "pixels", pixels, "probabilities", 3, binary) == expected_classes(probabilities, 3))
risks = client.infer("breast-cancer", [to_input("features", features)]).as_numpy("output_probability")
check("classes with labels",
      classes_of("breast-cancer", "features", features, "output_probability", 2, True)
      == expected_classes(risks, 2, ["benign", "malignant"]))

# Repository control.
with open(f"{examples}/digits/model.onnx", "rb") as file:
    model = file.read()
most = client.get_model_config("digits")["max_batch_size"]
client.load_model("digits", config=json.dumps({"max_batch_size": 3}))
check("loaded with a config", client.get_model_config("digits")["max_batch_size"] == 3)
client.load_model("digits")
check("as it lies there again", client.get_model_config("digits")["max_batch_size"] == most)
client.load_model("sent", config=json.dumps({"max_batch_size": 8}), files={"file:5/model.onnx": model})
check("loaded from a file that was sent",
      (client.infer("sent", [to_input("pixels", pixels)], model_version="5").as_numpy("label") == labels).all())
config = client.get_model_config("sent")
client.load_model("sent", config=json.dumps(config), files={"file:5/model.onnx": model})
check("the config that is answered can be sent", client.get_model_config("sent") == config)
client.unload_model("sent", unload_dependents=True)
check("unloaded what was sent", not client.is_model_ready("sent"))
check_error("a file that is no model", "failed to load",
            lambda: client.load_model("digits", config="{}", files={"file:1/model.onnx": b"no model"}))
check("what was there goes on",
      (client.infer("digits", [to_input("pixels", pixels)]).as_numpy("label") == labels).all())

# Settings.
settings = client.get_log_settings()
check("log settings", settings["log_info"] and settings["log_verbose_level"] == 0)
check("log settings changed", client.update_log_settings({"log_info": False})["log_info"] is False)
client.update_log_settings({"log_info": True})
check("trace settings", client.get_trace_settings()["trace_level"] == ["OFF"])
check("trace settings of a model", client.get_trace_settings("digits")["trace_rate"] == "1000")
check("trace settings kept", client.update_trace_settings(settings={"trace_level": ["OFF"]})["trace_mode"] == "triton")
check_error("tracing", "requests are not traced",
            lambda: client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]}))

extensions = client.get_server_metadata()["extensions"]
check("extensions", {"classification", "model_repository", "model_repository(unload_dependents)", "logging",
                     "schedule_policy", "statistics", "trace"} <= set(extensions))
