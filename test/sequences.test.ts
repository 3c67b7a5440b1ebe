/** Sequences over HTTP: by the Open Inference Protocol and by the plain route. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { listen } from "./badInput/library.ts";
import { writeBundle } from "./support/bundles.ts";
import { memoryModel, memoryYaml } from "./support/memory.ts";
import { temporaryFolder } from "./support/models.ts";

/** What an answer is of, in the form of its route. */
interface Reply<Outputs> {
  readonly status: number;
  readonly value: { readonly outputs: Outputs; readonly code?: string };
}

async function post<Outputs>(url: string, body: object): Promise<Reply<Outputs>> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, value: (await response.json()) as Reply<Outputs>["value"] };
}

test("the requests of a sequence share a state, by whatever route they come", async () => {
  using folder = temporaryFolder();
  writeBundle(folder.path, "memory", memoryModel(), memoryYaml());
  await using server = await listen({ models: [folder.path] });
  const infer = (x: number, parameters: object): Promise<Reply<{ data: number[] }[]>> =>
    post(`${server.url}/v2/models/memory/infer`, {
      inputs: [{ name: "x", shape: [1, 1], datatype: "INT64", data: [x] }],
      outputs: [{ name: "y" }],
      parameters,
    });
  const predict = (x: number, parameters: object): Promise<Reply<{ y: number[][] }>> =>
    post(`${server.url}/predict/memory`, { inputs: { x: [[x]] }, outputs: ["y"], parameters });

  const first = await infer(1, { sequence_id: 5, sequence_start: true });
  assert.deepEqual(first.value.outputs[0]?.data, [22]);
  const second = await predict(2, { sequence_id: 5 });
  assert.equal(second.status, 200, JSON.stringify(second.value));
  assert.deepEqual(second.value.outputs, { y: [[68]] });
  const last = await infer(3, { sequence_id: 5, sequence_end: true });
  assert.deepEqual(last.value.outputs[0]?.data, [207]);

  const cases: [parameters: object, code: string][] = [
    [{ sequence_id: 5 }, "SEQUENCE_UNKNOWN"],
    [{ sequence_id: 6, sequence_end: true }, "SEQUENCE_UNKNOWN"],
    [{}, "PARAMETER_INVALID"],
    [{ sequence_id: 0 }, "PARAMETER_INVALID"],
  ];
  for (const [parameters, code] of cases) {
    for (const route of [infer, predict]) {
      const { status, value } = await route(1, parameters);
      assert.deepEqual([status, value.code], [400, code]);
    }
  }
});

/** The amount of a payment becomes the memory's input; the answer is the balance. */
const ACCOUNT = `
inputs:
  amount: { type: number, integer: true }
outputs:
  y: { type: tensor }
pipeline:
  before:
    - { step: combine, columns: [amount], into: x, datatype: INT64 }
`;

/** The same, processed in a thread, as texts are. */
const NOTED = ACCOUNT.replace("inputs:", "inputs:\n  note: { type: text, optional: true }");

for (const [where, terms] of [
  ["on the I/O thread", ACCOUNT],
  ["in a thread", NOTED],
] as const) {
  test(`a bundle with a memory is called in its own terms, read ${where}`, async () => {
    using folder = temporaryFolder();
    writeBundle(folder.path, "account", memoryModel(), memoryYaml() + terms);
    await using server = await listen({ models: [folder.path] });
    const pay = (amount: number, parameters: object): Promise<Reply<{ y: number }>> =>
      post(`${server.url}/predict/account`, { inputs: { amount }, outputs: ["y"], parameters });

    const first = await pay(1, { sequence_id: 7, sequence_start: true });
    assert.equal(first.status, 200, JSON.stringify(first.value));
    assert.deepEqual(first.value.outputs, { y: 22 });
    // Another sequence has a state of its own, and an id beyond 2 ** 53 is exact: its neighbour is unknown.
    const large = async (id: string, rest = ""): Promise<number> => {
      const body = `{"inputs":{"amount":5},"parameters":{"sequence_id":${id}${rest}}}`;
      return (await fetch(`${server.url}/predict/account`, { method: "POST", body })).status;
    };
    assert.equal(await large("9007199254740993", ',"sequence_start":true'), 200);
    assert.equal(await large("9007199254740992"), 400);
    assert.equal(await large("9007199254740993", ',"sequence_end":true'), 200);
    const last = await pay(2, { sequence_id: 7, sequence_end: true, priority: 1 });
    assert.deepEqual(last.value.outputs, { y: 68 });
    for (const [parameters, code] of [
      [{ sequence_id: 7 }, "SEQUENCE_UNKNOWN"],
      [{}, "PARAMETER_INVALID"],
      [{ sequence_id: 7, sequence_start: "yes" }, "PARAMETER_INVALID"],
      [{ sequence_id: 7, sequence_start: true, priority: -1 }, "PARAMETER_INVALID"],
    ] as const) {
      const { status, value } = await pay(1, parameters);
      assert.deepEqual([status, value.code], [400, code]);
    }
  });
}
