import assert from "node:assert/strict";
import { test } from "node:test";
import { float, graph, model, node, tensor } from "../build.ts";
import type { Model } from "../proto/types.ts";
import { checkGraph } from "../check/checkGraph.ts";
import { editModel, type GraphEditor } from "./editor.ts";

const vector = (name: string) => ({ name, datatype: "FP32", shape: ["N"] }) as const;

function chain(): Model {
  return model({
    inputs: [vector("x")],
    outputs: [vector("y")],
    initializers: [tensor("w", "FP32", [], new Float32Array([2]))],
    nodes: [
      node("Mul", ["x", "w"], ["a"]),
      node("Dropout", ["a"], ["b"]),
      node("LeakyRelu", ["b"], ["y"], { alpha: float(0.5) }),
    ],
  });
}

/** `y = c ? v + x : x`, where `v` comes from outside the branch. */
function branching(): Model {
  const out = { name: "r", datatype: "FP32", shape: ["N"] } as const;
  return model({
    inputs: [vector("x"), { name: "c", datatype: "BOOL", shape: [] }],
    outputs: [vector("y")],
    initializers: [tensor("w", "FP32", [1], new Float32Array([2]))],
    nodes: [
      node("Identity", ["w"], ["v"]),
      node("If", ["c"], ["y"], {
        then_branch: graph({
          inputs: [],
          outputs: [out],
          nodes: [node("Add", ["v", "x"], ["r"])],
        }),
        else_branch: graph({
          inputs: [],
          outputs: [{ ...out, name: "e" }],
          nodes: [node("Identity", ["x"], ["e"])],
        }),
      }),
    ],
  });
}

const operators = ({ graph: { nodes } }: Model): string[] => nodes.map(({ opType }) => opType);

test("a node is taken out of a chain, and the given model stays as it was", () => {
  const before = chain();
  const after = editModel(before, (graph) => {
    const dropout = graph.producer("b")!;
    graph.redirect("b", "a");
    graph.remove(dropout);
  });
  assert.deepEqual(operators(after), ["Mul", "LeakyRelu"]);
  assert.deepEqual(after.graph.nodes[1]!.inputs, ["a"]);
  assert.deepEqual(before, chain());
});

test("producers, users and constants follow each edit", () => {
  editModel(chain(), (graph) => {
    assert.equal(graph.soleUser("a")?.opType, "Dropout");
    assert.equal(graph.soleUser("y"), undefined, "the caller reads it");
    assert.equal(graph.constant("w")?.dims.length, 0);
    assert.equal(graph.constant("x"), undefined);
    const mul = graph.producer("a")!;
    const name = graph.addConstant(tensor("w", "FP32", [], new Float32Array([3])));
    assert.equal(name, "w_2");
    graph.replace(mul, { ...mul, inputs: ["x", name] });
    assert.deepEqual(graph.users("w"), []);
    assert.deepEqual(graph.removeUnused(), { nodes: 0, constants: 1 });
  });
});

test("a value whose node was removed becomes a constant under its name", () => {
  const one = tensor("one", "FP32", [1], new Float32Array([1]));
  const after = editModel(chain(), (graph) => {
    assert.throws(() => graph.define("a", one), /"a" is made already/);
    graph.remove(graph.producer("a")!);
    graph.define("a", one);
    assert.equal(graph.constant("a")?.name, "a");
  });
  assert.deepEqual(operators(after), ["Dropout", "LeakyRelu"]);
});

test("nodes may be added in any order, and are sorted", () => {
  const after = editModel(chain(), (graph) => {
    const relu = graph.producer("y")!;
    graph.replace(relu, { ...relu, inputs: ["c"] });
    graph.add(node("Neg", ["d"], ["c"]));
    graph.add(node("Abs", ["b"], ["d"]));
  });
  assert.deepEqual(operators(after), ["Mul", "Dropout", "Abs", "Neg", "LeakyRelu"]);
});

test("a circle is an error", () => {
  const circle = (graph: GraphEditor): void => {
    const mul = graph.producer("a")!;
    graph.replace(mul, { ...mul, inputs: ["b", "w"] });
  };
  assert.throws(() => editModel(chain(), circle), /circle through "(a|b)"/);
});

test("two nodes cannot make one value", () => {
  const twice = (graph: GraphEditor): void => void graph.add(node("Neg", ["x"], ["a"]));
  assert.throws(() => editModel(chain(), twice), /"a" is made by two nodes/);
});

test("what a branch captures counts as used, and is redirected inside it", () => {
  const seen: string[] = [];
  const after = editModel(branching(), (graph) => {
    seen.push(graph.outer === undefined ? "main" : "branch");
    if (graph.outer !== undefined) return;
    assert.ok(graph.isCaptured("v"));
    assert.equal(graph.soleUser("v"), undefined);
    graph.redirect("v", "w");
    assert.deepEqual(graph.removeUnused(), { nodes: 1, constants: 0 });
  });
  assert.deepEqual(seen, ["main", "branch", "branch"]);
  assert.deepEqual(operators(after), ["If"]);
  const branch = after.graph.nodes[0]!.attributes.find(({ name }) => name === "then_branch")!.g!;
  assert.deepEqual(branch.nodes[0]!.inputs, ["w", "x"]);
});

test("a branch sees the constants around it, but not those that its own values hide", () => {
  editModel(branching(), (graph) => {
    if (graph.outer === undefined) return;
    assert.ok(graph.constant("w"));
    assert.equal(graph.constant("v"), undefined);
    assert.equal(graph.scopeOf("w"), graph.outer);
    assert.equal(graph.scopeOf("nowhere"), undefined);
    const [made] = graph.outputs;
    assert.equal(graph.scopeOf(made!.name), graph);
  });
});

test("an initializer that a caller may override is not constant, and is not removed", () => {
  const open = model({
    inputs: [vector("x"), { name: "w", datatype: "FP32", shape: [] }],
    outputs: [vector("y")],
    initializers: [tensor("w", "FP32", [], new Float32Array([2]))],
    nodes: [node("Neg", ["x"], ["y"])],
  });
  editModel(open, (graph) => {
    assert.equal(graph.constant("w"), undefined);
    assert.deepEqual(graph.removeUnused(), { nodes: 0, constants: 0 });
  });
});

test("before IR version 4, the inputs list the constants that there are", () => {
  const old = model({
    irVersion: 3,
    inputs: [vector("x"), { name: "w", datatype: "FP32", shape: [] }],
    outputs: [vector("y")],
    initializers: [tensor("w", "FP32", [], new Float32Array([2]))],
    nodes: [node("Mul", ["x", "w"], ["y"])],
  });
  const after = editModel(old, (graph) => {
    const mul = graph.producer("y")!;
    const name = graph.addConstant(tensor("v", "FP32", [1], new Float32Array([3])));
    graph.replace(mul, { ...mul, inputs: ["x", name] });
    graph.removeUnused();
  });
  const listed = { tensorType: { elemType: 1, shape: { dims: [{ dimValue: 1 }] } } };
  assert.deepEqual(after.graph.inputs, [old.graph.inputs[0], { name: "v", type: listed }]);
  assert.deepEqual(checkGraph(after), []);
});

test("before IR version 4, a branch's constants are the outermost graph's", () => {
  const after = editModel({ ...branching(), irVersion: 3 }, (graph) => {
    const add = graph.producer("r");
    if (add === undefined) return;
    const name = graph.addConstant(tensor("k", "FP32", [1], new Float32Array([3])));
    graph.replace(add, { ...add, inputs: ["x", name] });
  });
  assert.deepEqual(
    after.graph.initializers.map(({ name }) => name),
    ["w", "k"],
  );
  assert.deepEqual(checkGraph(after), []);
});
