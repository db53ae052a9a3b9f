import { deepEqual, equal, match, ok } from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";

import { InferenceSession, Tensor } from "onnxruntime-node";
import { z } from "zod";

import { createCompute } from "#compute";
import type { Environment } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";
import { temporaryFolder } from "#kernel/testing";

const blueprint = join(import.meta.dirname, "../../../../blueprints/text-classification");
const converter = join(import.meta.dirname, "convert.py");

const report = z.object({
  inputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) })),
  outputs: z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) })),
  labels: z.array(z.string()),
  rows: z.array(z.object({ text: z.string() })),
  predictions: z.object({ label: z.array(z.string()), probabilities: z.array(z.array(z.number())) }),
});
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

describe("the conversion of a text model", () => {
  const compute = createCompute({ clock: systemClock });
  let environment: Environment;
  /** Why there is no Python to convert with here; the tests then skip, and say so. */
  let unavailable: string | undefined;
  const folder = temporaryFolder();
  let project: string;

  const run = async (...command: string[]): Promise<number | null> => {
    const logFile = join(project, "log.txt");
    const result = await compute.runProcess({
      command: [environment.interpreter, ...command],
      cwd: project,
      environment,
      // No locale at all, as on a bare machine.
      variables: {
        HOME: project,
        MLFLOW_TRACKING_URI: `file://${project}/mlruns`,
        MLFLOW_ALLOW_FILE_STORE: "true",
      },
      logFile,
      maximumLogBytes: 1_000_000,
    });
    if (result.exitCode !== 0 && !command.includes(converter))
      throw new Error(await readFile(logFile, "utf8"));
    return result.exitCode;
  };

  // The first time on a machine this installs the blueprint's packages, about half a minute.
  before(async () => {
    project = join(await folder, "project");
    await cp(blueprint, project, { recursive: true });
    const requirementsText = await readFile(join(blueprint, "requirements.lock"), "utf8");
    try {
      environment = await compute.ensureEnvironment({ requirementsText, pythonVersion: ">=3.10" });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      unavailable = `no Python environment: ${error.message.split("\n", 1)[0]}`;
      return;
    }
    await run("src/prepare.py");
    await run("src/train.py", "phrases", "--ngrams", "2", "--c", "8");
    await run("src/evaluate.py");
    await run("src/export.py");
  });

  test("agrees with scikit-learn on held-out and on awkward texts, whatever the locale", async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const exitCode = await run(
      converter,
      "model",
      "model.onnx",
      "model/holdout.csv",
      "--report",
      "report.json",
    );
    equal(exitCode, 0);
    const said = report.parse(JSON.parse(await readFile(join(project, "report.json"), "utf8")));
    deepEqual(said.inputs, [{ name: "text", datatype: "BYTES", shape: [-1, 1] }]);
    deepEqual(said.outputs, [
      { name: "label", datatype: "BYTES", shape: [-1] },
      { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
    ]);
    deepEqual(said.labels, ["negative", "neutral", "positive"]);

    const session = await InferenceSession.create(join(project, "model.onnx"), { intraOpNumThreads: 1 });
    const texts = said.rows.map((row) => row.text);
    const answer = await session.run({ text: new Tensor("string", texts, [texts.length, 1]) });
    deepEqual(answer["label"]?.data, said.predictions.label);
    const expected = said.predictions.probabilities.flat();
    const difference = expected.map((value, at) =>
      Math.abs(value - Number(answer["probabilities"]?.data[at])),
    );
    ok(Math.max(...difference) <= 1e-4, `the largest difference is ${Math.max(...difference)}`);
  });

  test("refuses a model whose loading would run code", async (context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    const description = join(project, "model/MLmodel");
    const text = await readFile(description, "utf8");
    await writeFile(
      description,
      text.replace("serialization_format: skops", "serialization_format: cloudpickle"),
    );
    equal(await run(converter, "model", "x.onnx", "model/holdout.csv", "--report", "refusal.json"), 1);
    const said = refusal.parse(JSON.parse(await readFile(join(project, "refusal.json"), "utf8")));
    equal(said.error.code, "unsafe_format");
    match(said.error.message, /serialization_format="skops"/);
  });
});
