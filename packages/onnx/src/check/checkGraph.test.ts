import assert from "node:assert/strict";
import { test } from "node:test";
import { attribute, float, graph, model, node, tensor } from "../build.ts";
import { ATTRIBUTE_TYPE, type FunctionProto, type Model, type Node } from "../proto/types.ts";
import { checkGraph } from "./checkGraph.ts";

const vector = (name: string) => ({ name, datatype: "FP32", shape: ["N"] }) as const;
const weights = tensor("w", "FP32", [1], new Float32Array([2]));

function of(nodes: readonly Node[], opset: Record<string, number> = { "": 17 }): Model {
  return model({
    inputs: [vector("x"), { name: "c", datatype: "BOOL", shape: [] }],
    outputs: [vector("y")],
    initializers: [weights],
    nodes,
    opset,
  });
}

/** The problems of a graph with the nodes, each as it must be told. */
const CASES: Readonly<Record<string, { nodes: Node[]; problem: RegExp }>> = {
  "reads what nothing makes": {
    nodes: [{ ...node("Add", ["x", "v"], ["y"]), name: "sum" }],
    problem: /^Add "sum": reads "v", which nothing makes$/,
  },
  "reads what is made later": {
    nodes: [node("Neg", ["a"], ["y"]), node("Abs", ["x"], ["a"])],
    problem: /^Neg "y": reads "a", which Abs "a" makes only later$/,
  },
  "makes a value twice": {
    nodes: [node("Neg", ["x"], ["y"]), node("Abs", ["x"], ["y"])],
    problem: /^Abs "y": makes "y", which is there already$/,
  },
  "makes an initializer": {
    nodes: [node("Neg", ["x"], ["w"]), node("Abs", ["x"], ["y"])],
    problem: /^Neg "w": makes "w", which is there already$/,
  },
  "does not make the output": {
    nodes: [node("Neg", ["x"], ["z"])],
    problem: /^output "y" is made by no node$/,
  },
  "uses a domain that is not imported": {
    nodes: [node("Gelu", ["x"], ["y"], {}, "com.microsoft")],
    problem: /^Gelu "y": is of the domain "com.microsoft", which is not imported$/,
  },
  "uses an operator that is not in this version": {
    nodes: [node("Gelu", ["x"], ["y"])],
    problem: /^Gelu "y": there is no such operator in version 17 of "ai.onnx"$/,
  },
  "uses an operator that is gone": {
    nodes: [node("Upsample", ["x", "w"], ["y"])],
    problem: /^Upsample "y": there is no such operator in version 17/,
  },
  "lacks an input": {
    nodes: [node("Add", ["x"], ["y"])],
    problem: /^Add "y": has 1 inputs; its operator needs 2$/,
  },
  "has an input too many": {
    nodes: [node("Neg", ["x", "w"], ["y"])],
    problem: /^Neg "y": has 2 inputs; its operator has at most 1$/,
  },
  "lacks an attribute": {
    nodes: [node("Cast", ["x"], ["y"])],
    problem: /^Cast "y": lacks its attribute "to"$/,
  },
  "has an attribute of another version": {
    nodes: [node("Squeeze", ["x"], ["y"], { axes: [0] })],
    problem: /^Squeeze "y": has no attribute "axes" in version 17/,
  },
  "has an attribute of another type": {
    nodes: [node("LeakyRelu", ["x"], ["y"], { alpha: 1 })],
    problem: /^LeakyRelu "y": attribute "alpha" is of type INT, not FLOAT$/,
  },
  "holds another value than its type says": {
    nodes: [
      {
        ...node("Softmax", ["x"], ["y"]),
        attributes: [{ name: "axis", type: ATTRIBUTE_TYPE.INT, f: 1 }],
      },
    ],
    problem: /^Softmax "y": attribute "axis" is of type INT, but holds f$/,
  },
  "has an attribute twice": {
    nodes: [
      {
        ...node("Softmax", ["x"], ["y"]),
        attributes: [attribute("axis", 0), attribute("axis", 0)],
      },
    ],
    problem: /^Softmax "y": attribute "axis" is there twice$/,
  },
  "refers to an attribute outside a function": {
    nodes: [
      { ...node("Softmax", ["x"], ["y"]), attributes: [{ name: "axis", refAttrName: "axis" }] },
    ],
    problem: /^Softmax "y": attribute "axis" refers to "axis"/,
  },
};

for (const [what, { nodes, problem }] of Object.entries(CASES)) {
  test(`a node that ${what} is the only problem of its graph`, () => {
    const problems = checkGraph(of(nodes));
    assert.match(problems[0] ?? "", problem);
    assert.equal(problems.length, 1, problems.join("\n"));
  });
}

test("a valid model has no problems", () => {
  assert.deepEqual(checkGraph(of([node("Mul", ["x", "w"], ["y"])])), []);
  assert.deepEqual(checkGraph(of([node("Clip", ["x", "", "w"], ["y"])])), []);
  assert.deepEqual(
    checkGraph(of([node("Clip", ["x"], ["y"], { max: float(2) })], { "": 7 })),
    [],
    "by the rules of its own version",
  );
});

test("a circle is told as such", () => {
  const problems = checkGraph(of([node("Add", ["x", "b"], ["a"]), node("Neg", ["a"], ["b"])]));
  assert.ok(problems.some((problem) => /circle through "(a|b)"/.test(problem)));
});

const out = { name: "r", datatype: "FP32", shape: ["N"] } as const;

function branching(thenNodes: Node[], thenOutput = "r"): Model {
  return of([
    node("Neg", ["x"], ["a"]),
    node("If", ["c"], ["y"], {
      then_branch: graph({
        inputs: [],
        outputs: [{ ...out, name: thenOutput }],
        nodes: thenNodes,
      }),
      else_branch: graph({
        inputs: [],
        outputs: [{ ...out, name: "e" }],
        nodes: [node("Abs", ["a"], ["e"])],
      }),
    }),
    node("Neg", ["x"], ["late"]),
  ]);
}

test("a branch reads what was made before it, and makes names of its own", () => {
  assert.deepEqual(checkGraph(branching([node("Mul", ["a", "w"], ["r"])])), []);
  assert.deepEqual(checkGraph(branching([node("Neg", ["late"], ["r"])])), [
    'Neg "r" in then_branch of If "y": reads "late", which nothing makes',
  ]);
  assert.deepEqual(checkGraph(branching([node("Abs", ["x"], ["a"]), node("Neg", ["a"], ["r"])])), [
    'Abs "a" in then_branch of If "y": makes "a", which is there already',
  ]);
  assert.deepEqual(checkGraph(branching([], "a")), [
    'output "a" is a value of the graph around; it needs an Identity node in then_branch of If "y"',
  ]);
});

test("an initializer needs a name of its own, and to be listed before IR version 4", () => {
  const base = of([node("Mul", ["x", "w"], ["y"])]);
  const twice = { ...base, graph: { ...base.graph, initializers: [weights, weights] } };
  assert.deepEqual(checkGraph(twice), ['initializer "w" is there twice']);
  assert.deepEqual(checkGraph({ ...base, irVersion: 3 }), [
    'initializer "w" is no input, as IR version 3 needs it',
  ]);
});

const body: FunctionProto = {
  name: "Scale",
  domain: "local",
  inputs: ["a"],
  outputs: ["b"],
  attributes: ["alpha"],
  nodes: [
    {
      ...node("LeakyRelu", ["a"], ["b"]),
      attributes: [{ name: "alpha", type: ATTRIBUTE_TYPE.FLOAT, refAttrName: "alpha" }],
    },
  ],
  opsetImports: [{ domain: "", version: 17 }],
};

function calling(attributes: Parameters<typeof node>[3], functions: FunctionProto[]): Model {
  const base = of([node("Scale", ["x"], ["y"], attributes, "local")], { "": 17, local: 1 });
  return { ...base, functions };
}

test("functions are checked, and so are their calls", () => {
  assert.deepEqual(checkGraph(calling({ alpha: float(2) }, [body])), []);
  assert.deepEqual(checkGraph(calling({}, [body])), [
    'Scale "y": does not give its function the attribute "alpha"',
  ]);
  assert.deepEqual(checkGraph(calling({ alpha: float(2), beta: 1 }, [body])), [
    'Scale "y": gives its function the attribute "beta", which it does not have',
  ]);
  assert.deepEqual(checkGraph(calling({ alpha: float(2) }, [{ ...body, outputs: ["q"] }])), [
    'output "q" is made by no node in function "Scale"',
  ]);
  assert.deepEqual(checkGraph(calling({ alpha: float(2) }, [body, body])), [
    'function "Scale" is there twice',
  ]);
});

test("a function that calls itself is an error", () => {
  const endless: FunctionProto = {
    ...body,
    attributes: [],
    nodes: [node("Scale", ["a"], ["b"], {}, "local")],
    opsetImports: [{ domain: "local", version: 1 }],
  };
  assert.deepEqual(checkGraph(calling({}, [endless])), ['function "Scale" calls itself']);
});
