/** Messages of `grpc.health.v1`. Source: grpc/grpc-proto `grpc/health/v1/health.proto`. */
import {
  choice,
  defineMessage,
  required,
  string,
  type Message,
  type MessageType,
} from "@longshore/core/proto";

const STATUSES = { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;

export type ServingStatus = keyof typeof STATUSES;

export interface HealthCheckRequest extends Message {
  /** Empty for the whole server. */
  service: string;
}

export interface HealthCheckResponse extends Message {
  status: ServingStatus;
}

export const HEALTH_CHECK_REQUEST: MessageType<HealthCheckRequest> =
  defineMessage<HealthCheckRequest>({ service: required(string(1), () => "") });

export const HEALTH_CHECK_RESPONSE: MessageType<HealthCheckResponse> =
  defineMessage<HealthCheckResponse>({ status: required(choice(1, STATUSES), () => "UNKNOWN") });
