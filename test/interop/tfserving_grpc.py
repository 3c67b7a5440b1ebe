"""Calls TensorFlow Serving's gRPC services with the stubs that TensorFlow Serving's own users have.

    python tfserving_grpc.py 127.0.0.1:8500 FOLDER

min-tfs-client brings the messages and stubs that are made from the .proto files of TensorFlow and of
TensorFlow Serving, and a client; TensorFlow itself is not needed. The server has, of the tests, the
models `affine` (y = 2x + 1), `echo`, `lookup`, `pair`, `halves`, `text` and `slow`; the folder has
versions 1 and 2 of another one, whose offsets are their numbers. Prints a line a check; ends with an
assertion error at the first that fails.
"""

import asyncio
import sys

import grpc
import numpy as np
from google.protobuf import descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from min_tfs_client.requests import TensorServingClient
from min_tfs_client.tensors import ndarray_to_tensor_proto, tensor_proto_to_ndarray
from tensorflow.core.example import example_pb2, feature_pb2
from tensorflow.core.framework import tensor_pb2, tensor_shape_pb2, types_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    input_pb2,
    model_management_pb2,
    model_pb2,
    model_service_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)
from tensorflow_serving.config import model_server_config_pb2

address, folder = sys.argv[1:]
host, port = address.split(":")
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
channel = grpc.insecure_channel(address, UNLIMITED)
stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
models = model_service_pb2_grpc.ModelServiceStub(channel)


def check(what, holds):
    assert holds, what
    print("ok", what)


def check_error(what, code, text, call):
    try:
        call()
    except grpc.RpcError as error:
        check(f"{what}: {error.details()}", error.code() == code and text in error.details())
        return
    raise AssertionError(f"{what}: no error")


def spec(name, version=None, label=None, signature=""):
    found = model_pb2.ModelSpec(name=name, signature_name=signature)
    if version is not None:
        found.version.value = version
    if label is not None:
        found.version_label = label
    return found


def to_content(values):
    """As `tf.make_tensor_proto` does it: elements of a NumPy array in tensor_content."""
    shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=n) for n in values.shape])
    dtype = {"float32": types_pb2.DT_FLOAT, "int64": types_pb2.DT_INT64, "float16": types_pb2.DT_HALF}[values.dtype.name]
    return tensor_pb2.TensorProto(dtype=dtype, tensor_shape=shape, tensor_content=values.tobytes())


def predict(model, inputs, **options):
    request = predict_pb2.PredictRequest(model_spec=model, **options)
    for name, tensor in inputs.items():
        request.inputs[name].CopyFrom(tensor)
    return stub.Predict(request, 30)


# A client.
client = TensorServingClient(host, int(port))
values = np.array([[0.5, -1.0, 3.25]], np.float32)
answer = client.predict_request("affine", {"x": values})
check("a client predicts", np.array_equal(tensor_proto_to_ndarray(answer.outputs["y"]), 2 * values + 1))
answer = client.predict_request("affine", {"x": values}, model_version=1)
check("of a version", answer.model_spec.version.value == 1 and answer.model_spec.name == "affine")

# The stubs: every way to send elements.
answer = predict(spec("affine", signature="serving_default"), {"x": to_content(values)})
check("from content", list(answer.outputs["y"].float_val) == [2.0, -1.0, 7.5])
check("the signature is named", answer.model_spec.signature_name == "serving_default")
head = tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, float_val=[4.0])
head.tensor_shape.dim.add().size = 2
head.tensor_shape.dim.add().size = 3
answer = predict(spec("affine"), {"x": head}, output_filter=["y"])
check("one value for all", list(answer.outputs["y"].float_val) == [9.0] * 6)
both = {"a": ndarray_to_tensor_proto(np.ones((1, 2), np.float32)), "b": to_content(np.array([[2**62]], np.int64))}
answer = predict(spec("pair"), both, output_filter=["same_b"])
check("large integers, and the output that is wanted",
      list(answer.outputs["same_b"].int64_val) == [2**62] and len(answer.outputs) == 1)
halves = np.array([0.5, -2.0], np.float16)
answer = predict(spec("halves"), {"x": to_content(halves)})
found = np.array(list(answer.outputs["y"].half_val), np.uint16).view(np.float16)
check("halves", answer.outputs["y"].dtype == types_pb2.DT_HALF and np.array_equal(found, halves))
texts = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=["é".encode(), b"", b"hi"])
texts.tensor_shape.dim.add().size = 3
answer = predict(spec("text"), {"text": texts})
check("strings", list(answer.outputs["out"].string_val) == ["é".encode(), b"", b"hi"])
large = np.arange(2**19, dtype=np.float32).reshape(1, -1)
found = predict(spec("affine"), {"x": to_content(large)}).outputs["y"]
check("2 MB", np.array_equal(np.array(found.float_val, np.float32), (2 * large + 1)[0]))


# Examples.
def example(**features):
    return example_pb2.Example(features=feature_pb2.Features(feature=features))


def floats(*numbers):
    return feature_pb2.Feature(float_list=feature_pb2.FloatList(value=numbers))


two = input_pb2.Input(example_list=input_pb2.ExampleList(examples=[example(x=floats(0, 1)), example(x=floats(2, 3))]))
answer = stub.Classify(classification_pb2.ClassificationRequest(model_spec=spec("affine"), input=two), 30)
check("classes", [[each.score for each in row.classes] for row in answer.result.classifications] == [[1, 3], [5, 7]])
index = feature_pb2.Feature(int64_list=feature_pb2.Int64List(value=[8]))
shared = input_pb2.ExampleListWithContext(context=example(index=index), examples=[example(), example()])
request = regression_pb2.RegressionRequest(model_spec=spec("lookup"),
                                           input=input_pb2.Input(example_list_with_context=shared))
check("values", [each.value for each in stub.Regress(request, 30).result.regressions] == [80, 80])
one = input_pb2.Input(example_list=input_pb2.ExampleList(examples=[example(x=floats(4))]))
tasks = [inference_pb2.InferenceTask(model_spec=spec("affine"), method_name=f"tensorflow/serving/{kind}")
         for kind in ("classify", "regress")]
results = stub.MultiInference(inference_pb2.MultiInferenceRequest(tasks=tasks, input=one), 30).results
check("both", results[0].classification_result.classifications[0].classes[0].score == 9
      and results[1].regression_result.regressions[0].value == 9)

# What there is.
request = get_model_metadata_pb2.GetModelMetadataRequest(model_spec=spec("lookup"), metadata_field=["signature_def"])
answer = stub.GetModelMetadata(request, 30)
signatures = get_model_metadata_pb2.SignatureDefMap()
check("metadata is a SignatureDefMap", answer.metadata["signature_def"].Unpack(signatures))
signature = signatures.signature_def["serving_default"]
check("and says what the model takes", signature.inputs["index"].dtype == types_pb2.DT_INT64
      and signature.inputs["index"].tensor_shape.dim[0].size == -1
      and signature.method_name == "tensorflow/serving/predict")
State = get_model_status_pb2.ModelVersionStatus.State
answer = models.GetModelStatus(get_model_status_pb2.GetModelStatusRequest(model_spec=spec("affine")), 30)
check("state", [(each.version, each.state) for each in answer.model_version_status] == [(1, State.AVAILABLE)])

# Errors.
Code = grpc.StatusCode
check_error("an unknown model", Code.NOT_FOUND, "Servable not found for request: Latest(nope)",
            lambda: predict(spec("nope"), {"x": head}))
check_error("an unknown version", Code.NOT_FOUND, "Specific(affine, 7)", lambda: predict(spec("affine", 7), {"x": head}))
check_error("an unknown label", Code.INVALID_ARGUMENT, "Unrecognized servable version label",
            lambda: predict(spec("affine", label="x"), {"x": head}))
check_error("an unknown signature", Code.FAILED_PRECONDITION, 'Serving signature key "x" not found',
            lambda: predict(spec("affine", signature="x"), {"x": head}))
check_error("no input", Code.INVALID_ARGUMENT, '"x" is missing', lambda: predict(spec("affine"), {}))
slow = predict_pb2.PredictRequest(model_spec=spec("slow"), output_filter=["done"])
slow.inputs["steps"].CopyFrom(ndarray_to_tensor_proto(np.array([500_000], np.int64)))
check_error("a deadline", Code.DEADLINE_EXCEEDED, "", lambda: stub.Predict(slow, 0.3))


async def in_asyncio():
    async with grpc.aio.insecure_channel(address) as other:
        request = predict_pb2.PredictRequest(model_spec=spec("affine"))
        request.inputs["x"].CopyFrom(head)
        own = prediction_service_pb2_grpc.PredictionServiceStub(other)
        answers = await asyncio.gather(*(own.Predict(request, timeout=30) for _ in range(50)))
        check("asyncio", all(list(each.outputs["y"].float_val) == [9.0] * 6 for each in answers))


asyncio.run(in_asyncio())

# Health, and reflection.
health = health_pb2_grpc.HealthStub(channel)
for service in ("tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"):
    status = health.Check(health_pb2.HealthCheckRequest(service=service), 30).status
    check(f"{service} is served", status == health_pb2.HealthCheckResponse.SERVING)

database = ProtoReflectionDescriptorDatabase(channel)
check("reflection lists them", {"tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"}
      <= set(database.get_services()))
told = descriptor_pool.DescriptorPool(database)
compared = 0


def compare(message):
    """Every field has the number and type that TensorFlow's own descriptors have for it."""
    global compared
    own = descriptor_pool.Default().FindMessageTypeByName(message.full_name)
    for field in message.fields:
        theirs = own.fields_by_name[field.name]
        for fact in ("number", "type", "label", "has_default_value"):
            assert getattr(field, fact) == getattr(theirs, fact), (field.full_name, fact)
        assert (field.containing_oneof and field.containing_oneof.name) == (
            theirs.containing_oneof and theirs.containing_oneof.name), field.full_name
        if field.enum_type:
            assert dict(field.enum_type.values_by_name.items()).keys() <= theirs.enum_type.values_by_name.keys()
            for value in field.enum_type.values:
                assert theirs.enum_type.values_by_name[value.name].number == value.number, value.name
        if field.message_type and field.message_type.full_name not in seen:
            assert field.message_type.full_name == theirs.message_type.full_name
            seen.add(field.message_type.full_name)
            compare(field.message_type)
        compared += 1


seen = set()
for theirs in (prediction_service_pb2.DESCRIPTOR.services_by_name["PredictionService"],
               model_service_pb2.DESCRIPTOR.services_by_name["ModelService"]):
    told_service = told.FindServiceByName(theirs.full_name)
    check(f"all methods of {theirs.full_name}", {each.name for each in told_service.methods} == {each.name for each in theirs.methods})
    for method in told_service.methods:
        other = theirs.methods_by_name[method.name]
        assert method.input_type.full_name == other.input_type.full_name, method.full_name
        assert method.output_type.full_name == other.output_type.full_name, method.full_name
        compare(method.input_type)
        compare(method.output_type)
signature_def_map = told.FindMessageTypeByName("tensorflow.serving.SignatureDefMap")
compare(signature_def_map)
check(f"{compared} fields have the numbers and types of TensorFlow's own", compared > 80)

# A dynamic client that knows no .proto file, as grpcurl is one.
factory = message_factory.MessageFactory(told)
Request = factory.GetPrototype(told.FindMessageTypeByName("tensorflow.serving.PredictRequest"))
Response = factory.GetPrototype(told.FindMessageTypeByName("tensorflow.serving.PredictResponse"))
call = channel.unary_unary("/tensorflow.serving.PredictionService/Predict",
                           request_serializer=Request.SerializeToString, response_deserializer=Response.FromString)
request = Request()
request.model_spec.name = "affine"
request.inputs["x"].ParseFromString(head.SerializeToString())
check("a dynamic client", list(call(request, timeout=30).outputs["y"].float_val) == [9.0] * 6)


# The list of what is to be served.
def reload(*configs):
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.config.extend(configs)
    return models.HandleReloadConfigRequest(model_management_pb2.ReloadConfigRequest(config=config), 60)


def version_of(model):
    return predict(model, {"x": to_content(np.zeros((1, 1), np.float32))}).outputs["y"].float_val[0]


versions = model_server_config_pb2.ModelConfig(name="other", base_path=folder, model_platform="tensorflow")
versions.model_version_policy.all.SetInParent()
versions.version_labels["stable"] = 1
check("a list is taken", reload(versions).status.error_code == 0)
check("its versions answer", version_of(spec("other")) == 2 and version_of(spec("other", 1)) == 1)
check("and its labels", version_of(spec("other", label="stable")) == 1)
check_error("others are gone", Code.NOT_FOUND, "Latest(affine)", lambda: predict(spec("affine"), {"x": head}))
missing = model_server_config_pb2.ModelConfig(name="none", base_path=f"{folder}/none", model_platform="tensorflow")
check_error("a list that cannot be served", Code.INVALID_ARGUMENT, 'failed to load "none"', lambda: reload(missing))
check("changes nothing", version_of(spec("other", label="stable")) == 1)
print("all is well")
