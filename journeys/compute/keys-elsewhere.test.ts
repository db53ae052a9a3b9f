import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { createCompute, createTargets, migrations, problems } from "#compute";
import type { Targets } from "#compute";
import { Problem } from "#kernel/errors";
import { createTestKernel } from "#kernel/testing";
import type { TestKernel } from "#kernel/testing";

import { createTestLauncher } from "../../src/domain/compute/targets/far/test-launcher.ts";
import { defaultSettings } from "../../src/domain/pipelines/definition/settings.ts";
import type { Stage } from "../../src/domain/pipelines/entities.ts";
import {
  cacheKeyOf,
  compareParts,
  describeDifferences,
  readKeyParts,
} from "../../src/domain/pipelines/execution/cache-key.ts";
import { createSurroundings } from "../../src/domain/pipelines/execution/surroundings.ts";

interface Told {
  readonly platform: string | null;
  readonly interpreter: string | null;
  /** Of a target that runs images. */
  readonly image: string | null;
}

const digestA = `sha256:${"a".repeat(64)}`;
const stage = (target: string | null, image: string | null = null): Stage => ({
  name: "train",
  commands: ["python train.py"],
  cmd: "python train.py",
  wdir: ".",
  deps: ["train.py"],
  params: [],
  outs: [],
  frozen: false,
  alwaysChanged: false,
  description: null,
  meta: null,
  settings: { ...defaultSettings, target, image },
  position: { file: "dvc.yaml", line: 1, column: 1 },
});

const imageOf = (one: Told | undefined): { readonly default: string } | null => {
  const image = one?.image ?? null;
  return image === null ? null : { default: image };
};

/** Clusters `far-0`, `far-1`, … that tell this of themselves; one of `undefined` does not answer. */
function openTargets(kernel: TestKernel, told: readonly (Told | undefined)[]): Targets {
  const named = told.map((one, number) => ({ name: `far-${number}`, one }));
  return createTargets({
    ...kernel,
    compute: createCompute({ clock: kernel.clock, cacheFolder: kernel.folder }),
    settings: named.map(({ name }) => ({ name, kind: "ray", url: "http://127.0.0.1:1", can_grow: false })),
    launcherFor({ name }) {
      const one = named.find((candidate) => candidate.name === name)?.one;
      const launcher = createTestLauncher(1, {
        images: imageOf(one),
        place: () => ({ platform: one?.platform ?? null, interpreter: one?.interpreter ?? null }),
      });
      const capabilities = async (): Promise<never> => {
        throw new Problem(problems.target_unavailable, { message: "It does not answer." });
      };
      return one === undefined ? { ...launcher, capabilities } : launcher;
    },
    stateFolder: kernel.folder,
    serverUrl: () => "http://127.0.0.1:1",
  });
}

async function open(told: readonly (Told | undefined)[], more: { kernel?: TestKernel } = {}) {
  const kernel = more.kernel ?? (await createTestKernel({ migrations }));
  const targets = openTargets(kernel, told);
  const compute = createCompute({ clock: kernel.clock, cacheFolder: kernel.folder });
  const reader = { digestOf: async () => "d", readText: async () => "" };
  const partsOf = async (one: Stage, { here = "e", requirements = "numpy==1\n", rule = ">=3.10" } = {}) => {
    const surroundings = createSurroundings(
      { targets, compute },
      {
        python: { requirements: "requirements.txt", version: rule },
        here,
        readText: async () => requirements,
      },
    );
    const parts = await readKeyParts(one, await surroundings(one), reader);
    if ("missing" in parts) throw new Error(parts.missing);
    return parts;
  };
  return {
    kernel,
    partsOf,
    keyOf: async (...of: Parameters<typeof partsOf>) => cacheKeyOf(await partsOf(...of)),
  };
}

const ray = { platform: "linux/amd64", interpreter: "3.11.0", image: null };
const cluster = { platform: "linux/amd64", interpreter: null, image: "python:3.12-slim" };

describe("the key of a step that runs elsewhere", () => {
  it("is that of the place, as it tells of itself, and of no name of a place", async () => {
    const told: Told[] = [];
    for (const platform of ["linux/amd64", "linux/arm64", null])
      for (const interpreter of ["3.11.0", "3.12.0", null])
        for (const image of [null, null, "python:3.12", `python@${digestA}`])
          told.push({ platform, interpreter, image });
    const { keyOf } = await open(told);
    const byPlace = new Map<string, string>();
    for (const [number, place] of told.entries()) {
      // An image has a Python of its own.
      const decisive = JSON.stringify(place.image === null ? place : { ...place, interpreter: null });
      const key = await keyOf(stage(`far-${number}`));
      assert.equal(byPlace.get(decisive) ?? key, key, decisive);
      byPlace.set(decisive, key);
    }
    assert.equal(new Set(byPlace.values()).size, byPlace.size, "other places, other keys");
    assert.ok(byPlace.size < told.length, "and some places are alike");
  });

  it("knows nothing of this machine, and that of a step here nothing of elsewhere", async () => {
    const { keyOf } = await open([ray, cluster]);
    for (const target of ["far-0", "far-1"]) {
      const key = await keyOf(stage(target), { here: "the environment here" });
      assert.equal(await keyOf(stage(target), { here: "another one" }), key);
      assert.notEqual(await keyOf(stage(null)), key);
    }
    assert.equal(await keyOf(stage(null), { here: "e" }), await keyOf(stage("local"), { here: "e" }));
    assert.notEqual(await keyOf(stage(null), { here: "e" }), await keyOf(stage(null), { here: "f" }));
  });

  it("changes with the requirements and with the rule for Python, and not with a comment", async () => {
    const { keyOf } = await open([ray]);
    const key = await keyOf(stage("far-0"));
    assert.notEqual(await keyOf(stage("far-0"), { requirements: "numpy==2\n" }), key);
    assert.notEqual(await keyOf(stage("far-0"), { rule: ">=3.12" }), key);
    assert.equal(await keyOf(stage("far-0"), { requirements: "# why\n\nnumpy==1\n" }), key);
  });

  it("is that of the image's digest where one is given, whatever the image is called", async () => {
    const { keyOf, partsOf } = await open([cluster]);
    const key = await keyOf(stage("far-0", `ml:1@${digestA}`));
    assert.equal(await keyOf(stage("far-0", `mirror.example.org/ml:2@${digestA}`)), key);
    assert.notEqual(await keyOf(stage("far-0", `ml:1@sha256:${"b".repeat(64)}`)), key);
    assert.notEqual(await keyOf(stage("far-0", "ml:1")), key);
    assert.equal(await keyOf(stage("far-0", "python:3.12-slim")), await keyOf(stage("far-0")));
    const [before, now] = [await partsOf(stage("far-0", "ml:1")), await partsOf(stage("far-0", "ml:2"))];
    assert.equal(describeDifferences(compareParts(before, now)), "The image changed from ml:1 to ml:2.");
  });

  it("stands while the cluster does not answer, if it ever has", async () => {
    const first = await open([ray, undefined]);
    const key = await first.keyOf(stage("far-0"));
    await assert.rejects(first.keyOf(stage("far-1")), { code: "target_unavailable" });
    const later = await open([undefined], { kernel: first.kernel });
    assert.equal(await later.keyOf(stage("far-0")), key);
  });

  it("is refused for an image where none is run", async () => {
    const { keyOf } = await open([ray]);
    await assert.rejects(keyOf(stage("far-0", "ml:1")), { code: "image_unsupported" });
  });
});
