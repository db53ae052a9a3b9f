import { deepEqual, ok, rejects } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";

import { temporaryFolder } from "#kernel/testing";

import { sumModel } from "./fixtures/sum-model.ts";
import type { SumInput } from "./fixtures/sum-model.ts";
import { openOnnxModel } from "./onnx.ts";
import type { Signature } from "./index.ts";

const signatureOf = (inputs: readonly SumInput[]): Signature => ({
  inputs: inputs.map(([name, datatype]) => ({ name, datatype, optional: false })),
  labels: ["no", "yes"],
});
const every: readonly SumInput[] = [
  ["text", "BYTES"],
  ["single", "FP32"],
  ["double", "FP64"],
  ["whole", "INT64"],
  ["truth", "BOOL"],
];
const number: readonly SumInput[] = [["x", "FP32"]];
const text: readonly SumInput[] = [["x", "BYTES"]];

describe("an ONNX model", () => {
  it("takes a column of every datatype, and answers in the order of the labels", async () => {
    const model = await openOnnxModel(sumModel(every), signatureOf(every));
    const rows = [
      { text: "1.5", single: 0.25, double: -0.5, whole: 2, truth: true },
      { text: "-3", single: 0, double: 0, whole: 0, truth: false },
    ];
    const answers = await model.score(rows);
    for (const [index, sum] of [4.25, -3].entries()) {
      const yes = 1 / (1 + Math.exp(-sum));
      const [noFound = 0, yesFound = 0] = answers[index]?.probabilities ?? [];
      ok(
        Math.abs(yesFound - yes) < 1e-6 && Math.abs(noFound - (1 - yes)) < 1e-6,
        `${yesFound} is not ${yes}`,
      );
    }
    deepEqual(
      answers.map((one) => one.label),
      ["yes", "no"],
    );
    deepEqual(await model.score([]), []);
    await model.close();
  });

  it("opens from a file as from bytes", async () => {
    const path = join(await temporaryFolder(), "model.onnx");
    await writeFile(path, sumModel(number));
    const model = await openOnnxModel(path, signatureOf(number));
    deepEqual(await model.score([{ x: 0 }]), [{ label: "no", probabilities: [0.5, 0.5] }]);
    await model.close();
  });

  it("answers many rows as it answers each alone", async () => {
    const model = await openOnnxModel(sumModel(number), signatureOf(number));
    const rows = Array.from({ length: 200 }, (_, index) => ({ x: (index - 100) / 20 }));
    const together = await model.score(rows);
    const alone = await Promise.all(rows.map(async (row) => (await model.score([row]))[0]));
    deepEqual(together, alone);
    await model.close();
  });

  it("fails on a row that it cannot read, and on one that it answers with no number", async () => {
    const reading = await openOnnxModel(sumModel(text), signatureOf(text));
    await rejects(reading.score([{ x: "not a number" }]));
    deepEqual((await reading.score([{ x: "1" }])).length, 1);
    await reading.close();
    const missing = await openOnnxModel(sumModel(number), signatureOf(number));
    await rejects(missing.score([{ x: null }]), /answers a row with no number/);
    await missing.close();
  });

  for (const [file, signature, message] of [
    [["a", "b"], ["a"], 'the model\'s file takes the input "b", which the signature lacks'],
    [["a"], ["a", "b"], 'the model\'s file does not take the input "b" of the signature'],
  ] as const) {
    it(`is not opened when ${message}`, async () => {
      const inputs = (names: readonly string[]): SumInput[] => names.map((name) => [name, "FP32"]);
      await rejects(openOnnxModel(sumModel(inputs(file)), signatureOf(inputs(signature))), { message });
    });
  }

  it("is not opened with a signature of other types", async () => {
    await rejects(openOnnxModel(sumModel(number), signatureOf(text)), {
      message: 'the model\'s file takes "x" as float32, which the signature calls BYTES',
    });
  });

  it("is not opened with labels that its probabilities do not fit", async () => {
    const model = { ...signatureOf(number), labels: ["a", "b", "c"] };
    await rejects(openOnnxModel(sumModel(number), model), /gives no probabilities for 3 labels/);
  });

  it("is not opened from what is no model", async () => {
    await rejects(openOnnxModel(Buffer.from("not a model"), signatureOf(number)));
  });

  it("answers no more once it is closed", async () => {
    const model = await openOnnxModel(sumModel(number), signatureOf(number));
    await model.close();
    await rejects(model.score([{ x: 1 }]));
  });
});
