/**
 * Messages of `grpc.reflection.v1`, which are those of `v1alpha` too.
 *
 * Source: grpc/grpc-proto `grpc/reflection/v1/reflection.proto`.
 */
import {
  blobs,
  defineMessage,
  int32,
  ints,
  message,
  messages,
  required,
  string,
  type Message,
  type MessageType,
} from "@longshore/core/proto";

interface ExtensionRequest extends Message {
  containing_type?: string;
  extension_number?: number;
}

export interface ReflectionRequest extends Message {
  host?: string;
  file_by_filename?: string;
  file_containing_symbol?: string;
  file_containing_extension?: ExtensionRequest;
  all_extension_numbers_of_type?: string;
  list_services?: string;
}

interface FileDescriptorResponse extends Message {
  /** Each a `FileDescriptorProto`. */
  file_descriptor_proto?: Uint8Array[];
}

interface ExtensionNumberResponse extends Message {
  base_type_name?: string;
  extension_number?: number[];
}

interface ServiceResponse extends Message {
  name: string;
}

interface ListServiceResponse extends Message {
  service?: ServiceResponse[];
}

interface ErrorResponse extends Message {
  error_code: number;
  error_message: string;
}

export interface ReflectionResponse extends Message {
  valid_host?: string;
  original_request?: ReflectionRequest;
  file_descriptor_response?: FileDescriptorResponse;
  all_extension_numbers_response?: ExtensionNumberResponse;
  list_services_response?: ListServiceResponse;
  error_response?: ErrorResponse;
}

const EXTENSION_REQUEST = defineMessage<ExtensionRequest>({
  containing_type: string(1),
  extension_number: int32(2),
});

export const REFLECTION_REQUEST: MessageType<ReflectionRequest> = defineMessage<ReflectionRequest>(
  {
    host: string(1),
    file_by_filename: string(3),
    file_containing_symbol: string(4),
    file_containing_extension: message(5, () => EXTENSION_REQUEST),
    all_extension_numbers_of_type: string(6),
    list_services: string(7),
  },
  [
    "file_by_filename",
    "file_containing_symbol",
    "file_containing_extension",
    "all_extension_numbers_of_type",
    "list_services",
  ],
);

const FILE_DESCRIPTOR_RESPONSE = defineMessage<FileDescriptorResponse>({
  file_descriptor_proto: blobs(1),
});

const EXTENSION_NUMBER_RESPONSE = defineMessage<ExtensionNumberResponse>({
  base_type_name: string(1),
  extension_number: ints(2),
});

const SERVICE_RESPONSE = defineMessage<ServiceResponse>({ name: required(string(1), () => "") });

const LIST_SERVICE_RESPONSE = defineMessage<ListServiceResponse>({
  service: messages(1, () => SERVICE_RESPONSE),
});

const ERROR_RESPONSE = defineMessage<ErrorResponse>({
  error_code: required(int32(1), () => 0),
  error_message: required(string(2), () => ""),
});

export const REFLECTION_RESPONSE: MessageType<ReflectionResponse> =
  defineMessage<ReflectionResponse>({
    valid_host: string(1),
    original_request: message(2, () => REFLECTION_REQUEST),
    file_descriptor_response: message(4, () => FILE_DESCRIPTOR_RESPONSE),
    all_extension_numbers_response: message(5, () => EXTENSION_NUMBER_RESPONSE),
    list_services_response: message(6, () => LIST_SERVICE_RESPONSE),
    error_response: message(7, () => ERROR_RESPONSE),
  });
