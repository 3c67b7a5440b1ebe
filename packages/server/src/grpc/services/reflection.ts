import { GRPC_CODES } from "@longshore/core";
import {
  REFLECTION_REQUEST,
  REFLECTION_RESPONSE,
  type ReflectionRequest,
  type ReflectionResponse,
} from "../messages/reflection.ts";
import { decode, encode, type Method } from "../transport/method.ts";
import { DESCRIPTORS, type DescribedFile } from "./descriptors.ts";

/** Reflection, which tells clients such as grpcurl what services there are. */
export function reflectionMethods(): Method[] {
  return ["grpc.reflection.v1", "grpc.reflection.v1alpha"].map((part) => ({
    kind: "dialog",
    name: `${part}.ServerReflection/ServerReflectionInfo`,
    answer: async (bytes) =>
      encode(REFLECTION_RESPONSE, reflect(decode(REFLECTION_REQUEST, bytes))),
    toAnswer: () => undefined,
  }));
}

function reflect(request: ReflectionRequest): ReflectionResponse {
  const head = { valid_host: request.host ?? "", original_request: request };
  const { file_by_filename: name, file_containing_symbol: symbol } = request;
  if (request.list_services !== undefined) {
    const service = DESCRIPTORS.flatMap(({ services }) => services.map((each) => ({ name: each })));
    return { ...head, list_services_response: { service } };
  }
  if (name !== undefined) return { ...head, ...filesOf(name, (file) => file.name === name) };
  if (symbol !== undefined) {
    return { ...head, ...filesOf(symbol, (file) => declares(file, symbol)) };
  }
  // The files are of proto3, which has no extensions.
  const type = request.all_extension_numbers_of_type;
  if (type !== undefined && DESCRIPTORS.some((file) => declares(file, type))) {
    return { ...head, all_extension_numbers_response: { base_type_name: type } };
  }
  return { ...head, ...notFound(type ?? "an extension") };
}

/** Whether a file declares something, or what it is a part of: a field, a method. */
function declares({ declares: names }: DescribedFile, symbol: string): boolean {
  return names.some((name) => symbol === name || symbol.startsWith(`${name}.`));
}

/** The file that is looked for, and those that it imports, directly or not. */
function filesOf(
  what: string,
  isWanted: (file: DescribedFile) => boolean,
): Pick<ReflectionResponse, "file_descriptor_response" | "error_response"> {
  const file = DESCRIPTORS.find(isWanted);
  if (file === undefined) return notFound(what);
  const files = withImports(file);
  const bytes = files.map(({ descriptor }) => Buffer.from(descriptor, "base64"));
  return { file_descriptor_response: { file_descriptor_proto: bytes } };
}

function withImports(file: DescribedFile): DescribedFile[] {
  const files = new Set([file]);
  // What is added while the set is gone through is gone through too.
  for (const { imports } of files)
    for (const each of DESCRIPTORS) if (imports.includes(each.name)) files.add(each);
  return [...files];
}

function notFound(what: string): Pick<ReflectionResponse, "error_response"> {
  const error_message = `${what} is not known here; list_services tells what is`;
  return { error_response: { error_code: GRPC_CODES.NOT_FOUND, error_message } };
}
