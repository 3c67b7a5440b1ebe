/** What a server refused, or why it could not be reached. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** Of the server's error catalogue, such as `QUEUE_FULL`; `UNREACHABLE` or `TIMEOUT` without an answer. */
  readonly code: string;
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined;

  constructor(message: string, status: number, code: string, requestId?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

/** The error that an answer with a status of 400 or more is. */
export async function toClientError(response: Response): Promise<ClientError> {
  const text = await response.text().catch(() => "");
  let body: { error?: unknown; code?: unknown; request_id?: unknown } = {};
  try {
    body = (JSON.parse(text) ?? {}) as typeof body;
  } catch {
    // A proxy's page: its first words say more than nothing.
  }
  const message = typeof body.error === "string" ? body.error : text.slice(0, 200);
  return new ClientError(
    message || response.statusText || `status ${response.status}`,
    response.status,
    typeof body.code === "string" ? body.code : "HTTP",
    typeof body.request_id === "string" ? body.request_id : undefined,
  );
}
