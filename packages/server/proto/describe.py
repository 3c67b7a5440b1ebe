"""Writes what reflection answers: the descriptors of the .proto files beside this script, and of those
of protobuf itself that they import.

    pip install grpcio-tools
    python describe.py

Only needed when a .proto file changes; its result is part of the sources, and a test compares the two.
"""

import base64
import tempfile
from pathlib import Path

import grpc_tools
from google.protobuf import descriptor_pb2
from grpc_tools import protoc

HERE = Path(__file__).parent
TARGET = HERE / "../src/grpc/services/descriptors.ts"
# Any, Int64Value: the compiler brings them along.
OWN = Path(grpc_tools.__file__).parent / "_proto"

HEAD = """/** Made by `packages/server/proto/describe.py` from the .proto files beside it. */

/** One .proto file, as reflection tells of it. */
export interface DescribedFile {
  readonly name: string;
  readonly imports: readonly string[];
  readonly services: readonly string[];
  /** Full names of its messages, enums and services. */
  readonly declares: readonly string[];
  /** A serialised `FileDescriptorProto`, in base64. */
  readonly descriptor: string;
}

export const DESCRIPTORS: readonly DescribedFile[] = [
"""


def compiled():
    files = sorted(str(path.relative_to(HERE)) for path in HERE.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        result = f"{folder}/set"
        options = [f"--proto_path={HERE}", f"--proto_path={OWN}", "--include_imports", f"--descriptor_set_out={result}"]
        code = protoc.main(["protoc", *options, *files])
        assert code == 0, "protoc failed"
        return descriptor_pb2.FileDescriptorSet.FromString(Path(result).read_bytes()).file


def declared_in(file):
    for declared in [*file.message_type, *file.enum_type, *file.service]:
        yield f"{file.package}.{declared.name}"


def quoted(texts, indent):
    lines = "".join(f'{indent}  "{text}",\n' for text in texts)
    return f"[\n{lines}{indent}]" if lines else "[]"


def main():
    entries = []
    for file in compiled():
        services = [f"{file.package}.{service.name}" for service in file.service]
        descriptor = base64.b64encode(file.SerializeToString(deterministic=True)).decode()
        entries.append(
            "  {\n"
            f'    name: "{file.name}",\n'
            f"    imports: {quoted(file.dependency, '    ')},\n"
            f"    services: {quoted(services, '    ')},\n"
            f"    declares: {quoted(declared_in(file), '    ')},\n"
            f'    descriptor:\n      "{descriptor}",\n'
            "  },\n"
        )
    TARGET.write_text(HEAD + "".join(entries) + "];\n")


main()
