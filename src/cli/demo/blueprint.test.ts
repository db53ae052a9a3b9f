import { deepEqual, equal } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { parse } from "yaml";
import { z } from "zod";

import { parseProjectFile, referencedFiles } from "#objectives";
import { readPipeline } from "#pipelines";

import { usualRollout } from "./stage.ts";

const blueprint = join(import.meta.dirname, "../../../blueprints/text-classification");
const read = (path: string) =>
  readFileSync(join(blueprint, path), "utf8").replaceAll("{{name}}", "airline-care");
const projectFile = parseProjectFile(read("gyre.yaml"));

test("the blueprint's charter is valid, and every file that it names is there", () => {
  equal(projectFile.project, "airline-care");
  deepEqual(
    referencedFiles(projectFile).filter(
      (one) => one.kind !== "output" && !existsSync(join(blueprint, one.path)),
    ),
    [],
  );
});

test("the blueprint's charter has the rollout that a demo on few messages makes longer", () => {
  equal(read("gyre.yaml").split(usualRollout).length, 2);
});

test("the blueprint's pipeline trains two candidates side by side", async () => {
  const files = {
    readText: async (path: string) => (existsSync(join(blueprint, path)) ? read(path) : undefined),
  };
  const { stages } = await readPipeline({ files, file: "dvc.yaml" });
  deepEqual(
    stages.map((stage) => [stage.name, stage.commands]),
    [
      ["prepare", ["python src/prepare.py"]],
      ["train@words", ["python src/train.py words --ngrams 1 --c 4.0"]],
      ["train@phrases", ["python src/train.py phrases --ngrams 2 --c 8.0"]],
      ["evaluate", ["python src/evaluate.py"]],
      ["export", ["python src/export.py"]],
    ],
  );
});

test("the candidates are compared by the costs of the charter", () => {
  const params = z.object({
    evaluate: z.object({ positive: z.string(), false_negative: z.number(), false_positive: z.number() }),
  });
  deepEqual(params.parse(parse(read("params.yaml"))).evaluate, {
    positive: projectFile.objective?.positive,
    false_negative: projectFile.objective?.costs?.falseNegative,
    false_positive: projectFile.objective?.costs?.falsePositive,
  });
});
