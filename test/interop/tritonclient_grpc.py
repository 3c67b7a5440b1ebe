"""Asks a running server everything that Triton's own gRPC clients can ask.

    python tritonclient_grpc.py 127.0.0.1:8001 ../../examples

The server has the examples, and of the tests: `echo` (BYTES), `int8` (INT8[N,2]), `slow` and `memory`.
Prints a line a check; ends with an assertion error at the first that fails.
"""

import asyncio
import json
import queue
import sys

import grpc
import numpy as np
import tritonclient.grpc as triton
import tritonclient.grpc.aio as aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from tritonclient.grpc import model_config_pb2, service_pb2

address, examples = sys.argv[1:]
client = triton.InferenceServerClient(address)




def to_input(name, values, datatype="FP32", library=triton):
    tensor = library.InferInput(name, list(values.shape), datatype)
    tensor.set_data_from_numpy(values)
    return tensor


def check(what, holds):
    assert holds, what
    print("ok", what)


def check_error(what, text, call, status=None):
    try:
        call()
    except triton.InferenceServerException as error:
        check(what, text in str(error) and (status is None or status in str(error.status())))
        return
    raise AssertionError(f"{what}: no error")


check("live and ready", client.is_server_live() and client.is_server_ready())
check("a model is ready", client.is_model_ready("digits") and client.is_model_ready("digits", "1"))
check("an unknown model is not", not client.is_model_ready("nope"))
check("server metadata", "classification" in client.get_server_metadata().extensions)
check("model metadata", list(client.get_model_metadata("digits").inputs[0].shape) == [-1, 64])
check("model metadata as JSON", client.get_model_metadata("digits", as_json=True)["name"] == "digits")
config = client.get_model_config("digits").config
check("model config", list(config.input[0].dims) == [64] and config.input[0].data_type == model_config_pb2.TYPE_FP32)

pixels = np.random.default_rng(1).uniform(0, 16, (5, 64)).astype(np.float32)
first = client.infer("digits", [to_input("pixels", pixels)], request_id="abc", timeout=5_000_000, priority=1,
                     client_timeout=10)
labels, probabilities = first.as_numpy("label"), first.as_numpy("probabilities")
check("labels of probabilities", (probabilities.argmax(axis=1) == labels).all())
check("request id", first.get_response().id == "abc")
outputs = [triton.InferRequestedOutput("probabilities")]
check("one output", [each.name for each in client.infer("digits", [to_input("pixels", pixels)], outputs=outputs)
                     .get_response().outputs] == ["probabilities"])
for algorithm in ("gzip", "deflate"):
    result = client.infer("digits", [to_input("pixels", pixels)], compression_algorithm=algorithm)
    check(f"compressed with {algorithm}", (result.as_numpy("label") == labels).all())
classes = client.infer("digits", [to_input("pixels", pixels)],
                       outputs=[triton.InferRequestedOutput("probabilities", class_count=3)]).as_numpy("probabilities")
check("classification", classes.shape == (5, 3) and all(int(row[0].split(b":")[1]) == label for row, label in zip(classes, labels)))

answers = queue.Queue()
for _ in range(8):
    client.async_infer("digits", [to_input("pixels", pixels)], callback=lambda result, error: answers.put((result, error)))
check("asynchronous calls", all(error is None and (result.as_numpy("label") == labels).all()
                                for result, error in (answers.get(timeout=10) for _ in range(8))))

texts = np.array([["café", ""], ["😀", "x" * 3000]], dtype=object)
echoed = client.infer("echo", [to_input("x", texts, "BYTES")]).as_numpy("y")
check("strings", [text.decode() for text in echoed.ravel()] == list(texts.ravel()))
small = np.array([[-128, 127], [0, -1]], dtype=np.int8)
check("int8", (client.infer("int8", [to_input("x", small, "INT8")]).as_numpy("y") == small).all())

stub = grpc.insecure_channel(address)
infer = stub.unary_unary("/inference.GRPCInferenceService/ModelInfer",
                         request_serializer=service_pb2.ModelInferRequest.SerializeToString,
                         response_deserializer=service_pb2.ModelInferResponse.FromString)
typed = service_pb2.ModelInferRequest(model_name="int8")
tensor = typed.inputs.add(name="x", datatype="INT8", shape=[1, 2])
tensor.contents.int_contents.extend([-128, 127])
check("typed contents", infer(typed).raw_output_contents[0] == small[0].tobytes())

large = np.random.default_rng(2).normal(size=(1, 4 * 2**20)).astype(np.float32)
check("16 MB", (client.infer("affine", [to_input("x", large)]).as_numpy("y") == 2 * large + 1).all())

streamed = queue.Queue()
client.start_stream(callback=lambda result, error: streamed.put((result, error)))
for index in range(50):
    model = "nope" if index == 20 else "digits"
    client.async_stream_infer(model, [to_input("pixels", pixels)], request_id=str(index),
                              enable_empty_final_response=True)
got = [streamed.get(timeout=10) for _ in range(50)]
client.stop_stream()
check("a stream, in order", [result.get_response().id for result, error in got if error is None]
      == [str(index) for index in range(50) if index != 20])
check("an error in its place", "Request for unknown model" in str(got[20][1]))
check("the last of a request", got[0][0].get_response().parameters["triton_final_response"].bool_param)


def expected(values, state=7):
    results = []
    for value in values:
        state = 3 * state + value
        results.append(state)
    return results


def memory_input(value, library=triton):
    return [to_input("x", np.array([[value]], dtype=np.int64), "INT64", library)]


def send_sequence(identity, values):
    client.start_stream(callback=lambda result, error: streamed.put((result, error)))
    for index, value in enumerate(values):
        client.async_stream_infer("memory", memory_input(value), sequence_id=identity,
                                  sequence_start=index == 0, sequence_end=index == len(values) - 1)
    results = [streamed.get(timeout=10) for _ in values]
    client.stop_stream()
    return results


for identity in (42, 2**63 - 1):
    results = send_sequence(identity, [1, 2, 3])
    check(f"a sequence in a stream, {identity}",
          [int(result.as_numpy("y")[0, 0]) for result, error in results] == expected([1, 2, 3]))
refused = str(send_sequence("a text", [1])[0][1])
check(f"a text where the model wants a number: {refused}", "sequence_id" in refused)

statistics = client.get_inference_statistics("digits").model_stats[0]
check("statistics", statistics.inference_stats.success.count >= 60)
check("statistics of all", len(client.get_inference_statistics().model_stats) > 5)
check("repository index", "diabetes" in [model.name for model in client.get_model_repository_index().models])
client.unload_model("diabetes")
check("unloaded", not client.is_model_ready("diabetes"))
client.load_model("diabetes")
check("loaded again", client.is_model_ready("diabetes"))
with open(f"{examples}/diabetes/model.onnx", "rb") as file:
    content = file.read()
client.load_model("diabetes", config=json.dumps({"max_batch_size": 3}), files={"file:7/model.onnx": content})
check("loaded with a file and a configuration", client.is_model_ready("diabetes", "7")
      and client.get_model_config("diabetes").config.max_batch_size == 3)
client.load_model("diabetes")
check("log settings", client.get_log_settings().settings["log_info"].bool_param)
check("log settings changed", client.update_log_settings({"log_verbose_level": 1}).settings["log_verbose_level"].uint32_param == 1)
client.update_log_settings({"log_verbose_level": 0})
check("trace settings", list(client.get_trace_settings().settings["trace_level"].value) == ["OFF"])

check_error("unknown model", "Request for unknown model", lambda: client.infer("nope", [to_input("pixels", pixels)]), "NOT_FOUND")
check_error("failed load", "failed to load", lambda: client.load_model("nope"))
check_error("wrong input", 'input "x" does not exist', lambda: client.infer("digits", [to_input("x", pixels)]), "INVALID_ARGUMENT")
steps = to_input("steps", np.array([200_000], dtype=np.int64), "INT64")
done = [triton.InferRequestedOutput("done")]
check_error("client's deadline", "", lambda: client.infer("slow", [steps], outputs=done, client_timeout=0.2), "DEADLINE_EXCEEDED")
check_error("request's timeout", "timed out after", lambda: client.infer("slow", [steps], outputs=done, timeout=50_000), "DEADLINE_EXCEEDED")
future = client.async_infer("slow", [steps], outputs=done, callback=lambda result, error: streamed.put((result, error)))
future.cancel()
check("cancelled", "CANCELLED" in str(streamed.get(timeout=10)[1]))

health = health_pb2_grpc.HealthStub(stub)
check("health", health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING)
watch = health.Watch(health_pb2.HealthCheckRequest(service="inference.GRPCInferenceService"))
check("health watched", next(watch).status == health_pb2.HealthCheckResponse.SERVING)
watch.cancel()

reflection = ProtoReflectionDescriptorDatabase(stub)
check("reflection", "inference.GRPCInferenceService" in reflection.get_services())


def fields_of(messages, scope=""):
    """Number and type of each field, by its full name."""
    found = {}
    for message in messages:
        name = f"{scope}.{message.name}"
        for field in message.field:
            kind = (field.type, field.label, field.type_name.split(".")[-1])
            found[f"{name}.{field.name}"] = (field.number, kind, field.HasField("oneof_index"))
        found |= fields_of(message.nested_type, name)
        for enum in message.enum_type:
            found |= {f"{name}.{enum.name}.{value.name}": value.number for value in enum.value}
    return found


def of_triton(module):
    from google.protobuf import descriptor_pb2
    file = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(file)
    return file


for name, module in {"grpc_service.proto": service_pb2, "model_config.proto": model_config_pb2}.items():
    own, theirs = reflection.FindFileByName(name), of_triton(module)
    theirs_fields = {key: value for key, value in fields_of(theirs.message_type).items() if "SharedMemory" not in key}
    check(f"{name} has Triton's fields, numbers and types", fields_of(own.message_type) == theirs_fields)
    methods = lambda file: {method.name: (method.input_type, method.output_type, method.client_streaming, method.server_streaming)
                            for service in file.service for method in service.method if "SharedMemory" not in method.name}
    check(f"{name} has Triton's methods", methods(own) == methods(theirs))
    values = lambda file: {value.name: value.number for enum in file.enum_type for value in enum.value}
    check(f"{name} has Triton's values", values(own) == values(theirs))


async def asynchronously():
    async with aio.InferenceServerClient(address) as client:
        check("aio: ready", await client.is_server_ready())
        results = await asyncio.gather(*(client.infer("digits", [to_input("pixels", pixels, library=aio)]) for _ in range(20)))
        check("aio: infer", all((result.as_numpy("label") == labels).all() for result in results))

        async def requests():
            for index, value in enumerate([4, 5, 6]):
                yield {"model_name": "memory", "inputs": memory_input(value, aio), "sequence_id": 9,
                       "sequence_start": index == 0, "sequence_end": index == 2}

        found = []
        async for result, error in client.stream_infer(requests()):
            assert error is None, error
            found.append(int(result.as_numpy("y")[0, 0]))
        check("aio: a sequence in a stream", found == expected([4, 5, 6]))


asyncio.run(asynchronously())
