"""Asks a server of a repository of Triton, with Triton's own HTTP and gRPC clients.

    python tritonclient_repository.py 127.0.0.1:8000 127.0.0.1:8001 repository

The repository is what `test/support/tritonRepository.ts` writes. Prints a line a check; ends with an
assertion error at the first that fails.
"""

import json
import pathlib
import sys

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.http as http
from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2

http_address, grpc_address, repository = sys.argv[1:]
clients = {
    "HTTP": (http, http.InferenceServerClient(http_address)),
    "gRPC": (grpc, grpc.InferenceServerClient(grpc_address)),
}


def check(what, holds):
    assert holds, what
    print("ok", what)


def check_error(what, text, call):
    try:
        call()
    except (http.InferenceServerException, grpc.InferenceServerException) as error:
        check(f"{what}: {error}", text in str(error))
        return
    raise AssertionError(f"{what}: no error")


def config_of(protocol, model, version=""):
    """A model's configuration as a message, which refuses whatever it does not know."""
    _, client = clients[protocol]
    found = client.get_model_config(model, version)
    if protocol == "gRPC":
        return found.config
    return json_format.ParseDict(found, model_config_pb2.ModelConfig())


def ask(protocol, model, values, shape, name="x", output="y", version="", classes=0, **options):
    module, client = clients[protocol]
    tensor = module.InferInput(name, shape, "FP32")
    tensor.set_data_from_numpy(np.array(values, dtype=np.float32).reshape(shape))
    outputs = [module.InferRequestedOutput(output, class_count=classes)]
    return client.infer(model, [tensor], outputs=outputs, model_version=version, **options).as_numpy(output)


for protocol in clients:
    # What is written is in what is answered, as protobuf's own parser reads it.
    written = text_format.Parse(
        pathlib.Path(repository, "scores", "config.pbtxt").read_text().replace("unheard_of: 5", ""),
        model_config_pb2.ModelConfig(),
    )
    answered = config_of(protocol, "scores")
    check(f"{protocol}: names", answered.name == "scores" and answered.platform == "onnxruntime_onnx")
    for field in ("version_policy", "max_batch_size", "input", "output", "optimization", "response_cache",
                  "default_model_filename"):
        check(f"{protocol}: {field}", getattr(answered, field) == getattr(written, field))
    for field in ("preferred_batch_size", "max_queue_delay_microseconds", "priority_levels",
                  "default_priority_level", "default_queue_policy", "priority_queue_policy"):
        check(f"{protocol}: dynamic_batching.{field}",
              getattr(answered.dynamic_batching, field) == getattr(written.dynamic_batching, field))
    check(f"{protocol}: parameters", written.parameters.items() <= answered.parameters.items()
          if hasattr(written.parameters, "items") else False)
    check(f"{protocol}: warm-up", answered.model_warmup[0].inputs["x"] == written.model_warmup[0].inputs["x"])
    check(f"{protocol}: instances", answered.instance_group[0].count == 1)

    # What was left out is completed.
    bare = config_of(protocol, "bare")
    check(f"{protocol}: completed", bare.max_batch_size > 0 and bare.backend == "onnxruntime"
          and [(each.name, each.data_type, list(each.dims)) for each in bare.input]
          == [("x", model_config_pb2.TYPE_FP32, [-1])])
    check(f"{protocol}: no batching", config_of(protocol, "apart").max_batch_size == 0)
    line = config_of(protocol, "line")
    check(f"{protocol}: reshape", list(line.input[0].dims) == [1] and line.input[0].HasField("reshape")
          and list(line.input[0].reshape.shape) == [])

    # Versions.
    check(f"{protocol}: newest", ask(protocol, "scores", [1, 2, 3], [1, 3]).tolist() == [[5, 7, 9]])
    check(f"{protocol}: version 1", ask(protocol, "scores", [1, 2, 3], [1, 3], version="1").tolist() == [[3, 5, 7]])
    check_error(f"{protocol}: version 2 is not wanted", "Request for unknown model",
                lambda: ask(protocol, "scores", [1, 2, 3], [1, 3], version="2"))

    # Labels.
    classes = ask(protocol, "scores", [3, 1, 2], [1, 3], classes=2)
    check(f"{protocol}: labels", [each.decode() if isinstance(each, bytes) else each for each in classes[0]]
          == ["9.000000:0:cat", "7.000000:2:owl"])

    # Priorities.
    for priority in (0, 1, 2):
        check(f"{protocol}: priority {priority}",
              ask(protocol, "scores", [0, 0, priority], [1, 3], priority=priority).tolist() == [[3, 3, 3 + 2 * priority]])
    check_error(f"{protocol}: a priority that there is not", "priority",
                lambda: ask(protocol, "scores", [0, 0, 9], [1, 3], priority=3))

    # Shapes of callers' own.
    check(f"{protocol}: values without an axis", ask(protocol, "line", [1, 2, 3], [3, 1]).tolist() == [[3], [6], [9]])
    check(f"{protocol}: squares", ask(protocol, "square", range(8), [2, 2, 2]).tolist()
          == [[2, 4, 6, 8], [10, 12, 14, 16]])
    _, client = clients[protocol]
    metadata = client.get_model_metadata("square")
    shape = metadata["inputs"][0]["shape"] if protocol == "HTTP" else metadata.inputs[0].shape
    check(f"{protocol}: metadata", [int(length) for length in shape] == [-1, 2, 2])

    # A sequence, whose state the server keeps.
    module, client = clients[protocol]
    answers = []
    for step, value in enumerate([4, 1, 0]):
        tensor = module.InferInput("x", [1, 1], "INT64")
        tensor.set_data_from_numpy(np.array([[value]], dtype=np.int64))
        result = client.infer("memory", [tensor], sequence_id=77, sequence_start=step == 0, sequence_end=step == 2)
        answers.append(int(result.as_numpy("y")[0][0]))
    check(f"{protocol}: sequence", answers == [4, 13, 39])
    written = text_format.Parse(pathlib.Path(repository, "memory", "config.pbtxt").read_text(),
                                model_config_pb2.ModelConfig())
    check(f"{protocol}: sequence_batching", config_of(protocol, "memory").sequence_batching == written.sequence_batching)

    # An ensemble.
    ensemble = config_of(protocol, "both")
    check(f"{protocol}: ensemble", ensemble.platform == "ensemble"
          and [step.model_name for step in ensemble.ensemble_scheduling.step] == ["scores", "bare"])
    check(f"{protocol}: computed by both", ask(protocol, "both", [1, 2, 3], [1, 3], name="IN", output="OUT").tolist()
          == [[10, 14, 18]])

    # What is answered can be sent.
    sent = client.get_model_config("scores") if protocol == "HTTP" else client.get_model_config("scores", as_json=True)["config"]
    client.load_model("scores", config=json.dumps(sent))
    check(f"{protocol}: sent back", config_of(protocol, "scores") == answered)
    client.load_model("scores")
