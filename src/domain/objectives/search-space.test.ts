import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Problem } from "#kernel/errors";
import { faultsOf } from "#kernel/yaml";

import { parseProjectFile } from "./project-file.ts";
import { domainText, parseDomain } from "./search-space.ts";

describe("the notation of a search domain", () => {
  it("is read, and written the same way again", () => {
    const written = [
      "float(0, 1)",
      "float(0, 1, 0.25)",
      "log(0.00001, 0.1)",
      "int(2, 12)",
      "int(2, 12, 2)",
      "logint(1, 1024)",
      'choice(rbf, linear, 3, true, "3", "a, b")',
    ];
    const domains = written.map(parseDomain);
    assert.deepEqual(
      domains.map((domain) => ("refusal" in domain ? domain.refusal : domainText(domain))),
      written,
    );
    assert.deepEqual(domains.at(-1), { kind: "choice", options: ["rbf", "linear", 3, true, "3", "a, b"] });
    assert.deepEqual(parseDomain(" log( 1e-5 ,1e-1 ) "), {
      kind: "float",
      low: 0.00001,
      high: 0.1,
      log: true,
      step: null,
    });
  });

  it("says what is wrong with a text that is none", () => {
    const reasons = [
      "0.1",
      "normal(0, 1)",
      "int(1)",
      "int(1, 2.5)",
      "log(0, 1)",
      "float(2, 1)",
      "choice(a, a)",
      "choice()",
    ]
      .map(parseDomain)
      .map((read) => ("refusal" in read ? (read.refusal.split(":")[0] ?? "") : "accepted"));
    assert.deepEqual(reasons, [
      '"0.1" is no search domain',
      'there is no domain "normal"',
      "int takes the least, the greatest and perhaps a step",
      "int takes whole numbers",
      "log begins above 0, not at 0",
      "2 is not below 1",
      "a choice names each option once",
      "a choice needs something to choose from",
    ]);
  });
});

const projectWith = (study: string): string => `project: airline-care\nstudies:\n  tune:\n${study}`;

function faultsIn(study: string): readonly string[] {
  try {
    parseProjectFile(projectWith(study));
    return [];
  } catch (error) {
    return (error instanceof Problem ? faultsOf(error) : []).map(
      ({ position, message }) => `${position.line}: ${message}`,
    );
  }
}

describe("studies in gyre.yaml", () => {
  it("are read with their defaults filled in", () => {
    const { studies } = parseProjectFile(
      projectWith(`    space:
      train.lr: log(1e-5, 1e-1)
      train.kernel: [rbf, linear]
    maximize: eval.json:f1
    prune: asha
`),
    );
    assert.deepEqual(studies, {
      tune: {
        space: {
          "train.lr": { kind: "float", low: 0.00001, high: 0.1, log: true, step: null },
          "train.kernel": { kind: "choice", options: ["rbf", "linear"] },
        },
        objectives: [{ metric: "eval.json:f1", goal: "maximize" }],
        sampler: "tpe",
        trials: 50,
        parallel: 1,
        pruning: { rule: "asha", metric: "f1", firstStep: 1, factor: 4, startupTrials: 5, warmupSteps: 0 },
        targets: [],
        seed: 0,
        maximumFailures: 5,
      },
    });
  });

  it("are refused with the line of the mistake and what was meant", () => {
    assert.match(faultsIn("    space: {x: 'int(1, 2)'}\n    maximise: f1\n").join("\n"), /5: .*maximize/);
    assert.match(
      faultsIn("    space:\n      x: int(2, 1)\n    maximize: f1\n").join("\n"),
      /^5: .*2 is not below 1/,
    );
    assert.match(faultsIn("    space: {x: 'int(1, 2)'}\n").join("\n"), /objective, such as maximize: f1/);
    assert.match(
      faultsIn("    space: {x: int(1, 2)}\n    maximize: f1\n").join("\n"),
      /within { } it needs quotes/,
    );
    assert.match(
      faultsIn("    space: {x: 'float(0, 1)'}\n    maximize: f1\n    sampler: grid\n").join("\n"),
      /A grid needs points/,
    );
    assert.match(
      faultsIn("    space: {x: 'int(1, 2)'}\n    maximize: [a, b]\n    prune: median\n").join("\n"),
      /6: .*several objectives/,
    );
  });
});
