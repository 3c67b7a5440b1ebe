import type { Json } from "./schema.ts";

const PARAMETERS: Json = {
  priority: {
    type: "integer",
    minimum: 0,
    description: "1 is the highest; 0 is the model's default.",
  },
  timeout: {
    type: "integer",
    minimum: 0,
    description: "Microseconds after which the answer is of no use.",
  },
};

/** `parameters` of the plain route. */
export const PREDICT_PARAMETERS: Json = { type: "object", properties: PARAMETERS };

/** `parameters` of a v2 request: the same, and how the answer is encoded. */
export const V2_PARAMETERS: Json = {
  type: "object",
  properties: {
    ...PARAMETERS,
    binary_data_output: {
      type: "boolean",
      description: "Send every output's bytes after the JSON.",
    },
  },
};
