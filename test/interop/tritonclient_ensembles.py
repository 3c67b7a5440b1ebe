"""Asks an ensemble, out = 2 (2 in + 1) + 10, with Triton's own clients.

    python tritonclient_ensembles.py 127.0.0.1:8000 127.0.0.1:8001

Prints a line a check; ends with an assertion error at the first that fails.
"""

import sys

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.http as http

http_address, grpc_address = sys.argv[1:]
X = np.arange(6, dtype=np.float32).reshape(3, 2)
MIDDLE = 2 * X + 1
OUT = 2 * MIDDLE + 10


def check(what, holds):
    assert holds, what
    print("ok", what)


def infer(module, client, **options):
    tensor = module.InferInput("in", list(X.shape), "FP32")
    tensor.set_data_from_numpy(X)
    return client.infer("both", [tensor], **options)


for module, address in ((http, http_address), (grpc, grpc_address)):
    name = module.__name__
    client = module.InferenceServerClient(address)
    check(f"{name}: ready", client.is_model_ready("both"))
    result = infer(module, client)
    check(f"{name}: all outputs", np.array_equal(result.as_numpy("out"), OUT)
          and np.array_equal(result.as_numpy("middle"), MIDDLE))
    only = infer(module, client, outputs=[module.InferRequestedOutput("middle")])
    check(f"{name}: one output", np.array_equal(only.as_numpy("middle"), MIDDLE) and only.as_numpy("out") is None)

    metadata = client.get_model_metadata("both")
    config = client.get_model_config("both")
    if module is grpc:
        check(f"{name}: platform", metadata.platform == "ensemble")
        steps = config.config.ensemble_scheduling.step
        check(f"{name}: steps", [(step.model_name, step.model_version, dict(step.input_map), dict(step.output_map))
                                 for step in steps]
              == [("first", -1, {"x": "in"}, {"y": "middle"}), ("second", -1, {"x": "middle"}, {"y": "out"})])
        index = {model.name: model.state for model in client.get_model_repository_index().models}
    else:
        check(f"{name}: platform", metadata["platform"] == "ensemble" == config["platform"])
        steps = config["ensemble_scheduling"]["step"]
        check(f"{name}: steps", [step["model_name"] for step in steps] == ["first", "second"])
        index = {model["name"]: model["state"] for model in client.get_model_repository_index()}
    check(f"{name}: index", index == {"both": "READY", "first": "READY", "second": "READY"})

    client.unload_model("both", unload_dependents=True)
    check(f"{name}: unloaded with what it needs",
          not any(client.is_model_ready(model) for model in ("both", "first", "second")))
    client.load_model("both")
    check(f"{name}: loaded with what it needs",
          all(client.is_model_ready(model) for model in ("both", "first", "second")))

client = http.InferenceServerClient(http_address)
before = {model: client.get_inference_statistics(model)["model_stats"][0] for model in ("both", "first", "second")}
infer(http, client)
for model, stats in before.items():
    after = client.get_inference_statistics(model)["model_stats"][0]
    counts = [after[key] - stats[key] for key in ("inference_count", "execution_count")]
    check(f"statistics of {model}: {counts}", counts == [3, 1])
