import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { StepProblem } from "../step.ts";
import { PROFILE, runRules, type Rules, type Setting } from "./runRules.test.ts";

describe("a bundle that cannot work is told so", () => {
  const columns = { age: [1], income: [1], note: ["x"], colour: ["red"], p: [1] };
  const outputs = { y: { type: "number" } };
  const cases: [name: string, rules: Rules, option: string, message: RegExp, setting?: Setting][] =
    [
      [
        "an input that is not there",
        [{ rule: "range", fields: ["agee"], action: "flag" }],
        "rules.0.fields.0",
        /there is no input "agee"; did you mean "age"\?/,
      ],
      [
        "a field without a range",
        [
          { rule: "missing", action: "flag" },
          { rule: "range", fields: ["member"], action: "flag" },
        ],
        "rules.1.fields.0",
        /there is no column "member"/,
      ],
      [
        "an input without values",
        [{ rule: "category", fields: ["note"], action: "flag" }],
        "rules.0.fields.0",
        /input "note" has no list of values/,
      ],
      [
        "nothing to check",
        [{ rule: "range", action: "flag" }],
        "rules.0",
        /no input is left that has a range/,
        { inputs: { age: { type: "number" } } },
      ],
      [
        "no default",
        [{ rule: "range", action: "default" }],
        "rules.0.action",
        /"income" declares no default/,
      ],
      [
        "confidence before the model",
        [{ rule: "confidence", column: "p", floor: 0.5, action: "flag" }],
        "rules.0.rule",
        /can only be checked after the model/,
      ],
      [
        "distance after the model",
        [{ rule: "distance", quantile: 0.9, action: "flag" }],
        "rules.0.rule",
        /can only be checked before the model/,
        { phase: "after" },
      ],
      [
        "an output without a range",
        [{ rule: "range", action: "flag" }],
        "rules.0",
        /no output is left that has a range/,
        { phase: "after", outputs },
      ],
      [
        "confidence of a number",
        [{ rule: "confidence", column: "p", floor: 0.5, action: "flag" }],
        "rules.0.column",
        /column "p" is of kind number, expected tensor/,
        { phase: "after" },
      ],
      [
        "no profile",
        [{ rule: "distance", quantile: 0.9, action: "flag" }],
        "rules.0",
        /needs a profile/,
      ],
      [
        "two limits",
        [{ rule: "distance", quantile: 0.9, threshold: 3, action: "flag" }],
        "rules.0",
        /give either quantile or threshold/,
        { profile: PROFILE },
      ],
      [
        "a profile of too few rows",
        [{ rule: "distance", quantile: 0.9, action: "flag" }],
        "rules.0",
        /2 complete rows, too few/,
        {
          profile: {
            ...PROFILE,
            covariance: {
              fields: ["age", "income"],
              count: 2,
              mean: [0, 0],
              comoments: [1, 0.5, 1],
            },
          },
        },
      ],
      [
        "a field of the profile that is gone",
        [{ rule: "distance", quantile: 0.9, action: "flag" }],
        "rules.0",
        /there is no column "incom"; did you mean "income"\?/,
        {
          profile: {
            ...PROFILE,
            covariance: {
              fields: ["age", "incom"],
              count: 9,
              mean: [0, 0],
              comoments: [1, 0.5, 1],
            },
          },
        },
      ],
    ];
  for (const [name, rules, option, message, setting] of cases) {
    test(name, async () => {
      await assert.rejects(runRules(rules, columns, setting), (error) => {
        assert.ok(error instanceof StepProblem, String(error));
        assert.deepEqual(error.option, option);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});
