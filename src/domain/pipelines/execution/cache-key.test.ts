import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { defaultSettings } from "../definition/settings.ts";
import type { KeyParts, Stage } from "../entities.ts";
import { cacheKeyOf, compareParts, describeDifferences, readKeyParts } from "./cache-key.ts";

/** A generator of numbers that gives the same ones every time (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function randomParts(random: (below: number) => number): KeyParts {
  const word = (): string => `w${random(50)}`;
  const pairs = <Value>(value: () => Value): Record<string, Value> =>
    Object.fromEntries(Array.from({ length: random(4) }, () => [word(), value()]));
  return {
    commands: Array.from({ length: 1 + random(3) }, word),
    wdir: word(),
    deps: pairs(word),
    params: pairs(() => pairs(() => [random(5), word(), null, true][random(4)])),
    environment: random(2) === 0 ? null : word(),
    outs: [...new Set(Array.from({ length: random(3) }, word))].toSorted(),
    ...(random(2) === 0 ? {} : { secrets: [word()] }),
    ...(random(2) === 0 ? {} : { image: word() }),
    ...(random(2) === 0 ? {} : { platform: word() }),
    ...(random(2) === 0 ? {} : { interpreter: word() }),
  };
}

/** Changes exactly one thing. */
function change(parts: KeyParts, random: (below: number) => number): KeyParts {
  const changes: readonly (() => KeyParts)[] = [
    () => ({ ...parts, commands: [...parts.commands, "more"] }),
    () => ({ ...parts, commands: [`${parts.commands.join(" ")}!`] }),
    () => ({ ...parts, wdir: `${parts.wdir}/below` }),
    () => ({ ...parts, deps: { ...parts.deps, new: "digest" } }),
    () => ({ ...parts, deps: mapFirst(parts.deps, (digest) => `${digest}-other`) }),
    () => ({ ...parts, params: { ...parts.params, "new.yaml": { key: 1 } } }),
    () => ({ ...parts, params: mapFirst(parts.params, (values) => ({ ...values, added: false })) }),
    () => ({ ...parts, params: mapFirst(parts.params, (values) => mapFirst(values, (value) => [value])) }),
    () => ({ ...parts, environment: parts.environment === null ? "some" : null }),
    () => ({ ...parts, outs: [...parts.outs, "zzz"] }),
    () => ({ ...parts, secrets: [...(parts.secrets ?? []), "ZZZ"] }),
    () => ({ ...parts, image: `${parts.image ?? ""}other` }),
    () => ({ ...parts, platform: `${parts.platform ?? ""}other` }),
    () => ({ ...parts, interpreter: `${parts.interpreter ?? ""}other` }),
    // A word of one is not a word of another.
    () => ({ ...parts, image: parts.platform ?? "none", platform: parts.image ?? "none" }),
  ];
  return (changes[random(changes.length)] ?? (() => parts))();
}

function mapFirst<Value>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Value,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value], index) => [key, index === 0 ? map(value) : value]),
  );
}

/** The same parts with every mapping written in another order. */
function shuffle(parts: KeyParts): KeyParts {
  const turned = <Value>(record: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(record).toReversed());
  const params = turned(
    Object.fromEntries(Object.entries(parts.params).map(([file, values]) => [file, turned(values)])),
  );
  const { params: _params, deps, ...others } = parts;
  const { outs, environment, wdir, commands, ...optional } = others;
  return { ...turned(optional), outs, environment, params, deps: turned(deps), wdir, commands };
}

describe("the cache key of a step", () => {
  it("is the same for equal parts, in whatever order they are written", () => {
    const random = createRandom(1);
    for (let round = 0; round < 500; round++) {
      const parts = randomParts(random);
      assert.equal(cacheKeyOf(shuffle(parts)), cacheKeyOf(parts));
      assert.deepEqual(compareParts(parts, shuffle(parts)), []);
    }
  });

  it("differs as soon as one part does, and the difference is named", () => {
    const random = createRandom(2);
    let changed = 0;
    for (let round = 0; round < 2_000; round++) {
      const parts = randomParts(random);
      const other = change(parts, random);
      const differences = compareParts(parts, other);
      assert.equal(
        cacheKeyOf(other) === cacheKeyOf(parts),
        differences.length === 0,
        JSON.stringify([parts, other]),
      );
      if (differences.length === 0) continue;
      changed++;
      assert.match(describeDifferences(differences), /^[A-Z].*\.$/s);
    }
    assert.ok(changed > 1_000, `only ${changed} rounds changed something`);
  });

  it("does not know what a stage is called, how it is scheduled, or what people wrote beside it", async () => {
    const random = createRandom(4);
    const stage: Stage = {
      name: "train",
      commands: ["python train.py"],
      cmd: "python train.py",
      wdir: ".",
      deps: ["train.py"],
      params: [{ file: "params.yaml", keys: ["depth"] }],
      outs: [{ path: "model", kind: "out", cache: true, persist: false, annotations: {} }],
      frozen: false,
      alwaysChanged: false,
      description: null,
      meta: null,
      settings: defaultSettings,
      position: { file: "dvc.yaml", line: 1, column: 1 },
    };
    const reader = { digestOf: async () => "d", readText: async () => "depth: 3\n" };
    const keyOf = async (one: Stage): Promise<string> => {
      const parts = await readKeyParts(one, { environment: "e" }, reader);
      if ("missing" in parts) throw new Error(parts.missing);
      return cacheKeyOf(parts);
    };
    const key = await keyOf(stage);
    for (let round = 0; round < 200; round++) {
      const word = `w${random(1_000)}`;
      const settings = {
        ...defaultSettings,
        timeoutMs: random(2) === 0 ? null : random(1_000),
        resources: { cpu: 1 + random(8), memoryBytes: random(1_000), gpu: random(3) },
        priority: random(100) - 50,
        retry: random(2) === 0 ? null : { times: 1 + random(5), on: null, backoffMs: random(100) },
        approve: random(2) === 0 ? null : word,
        checkpoint: random(2) === 0 ? null : word,
        // Where it runs counts by what is there, not by its name.
        target: random(2) === 0 ? null : word,
      };
      const other = {
        ...stage,
        name: word,
        description: word,
        meta: { note: word, gyre: {} },
        settings,
        position: { file: word, line: round + 1, column: 1 },
        outs: stage.outs.map(
          (out) => ({ ...out, kind: "plots", cache: false, annotations: { word } }) as const,
        ),
      };
      assert.equal(await keyOf(other), key);
    }
    assert.notEqual(await keyOf({ ...stage, settings: { ...defaultSettings, secrets: ["TOKEN"] } }), key);
  });

  it("does not run parts together: a b, c is not a, b c", () => {
    const parts = randomParts(createRandom(3));
    assert.notEqual(
      cacheKeyOf({ ...parts, commands: ["a b", "c"] }),
      cacheKeyOf({ ...parts, commands: ["a", "b c"] }),
    );
  });
});

describe("the sentence on what differed", () => {
  const parts: KeyParts = {
    commands: ["python train.py"],
    wdir: ".",
    deps: { "train.py": "1", "data.csv": "1" },
    params: { "params.yaml": { "train.alpha": 0.1 } },
    environment: "e",
    outs: ["model"],
  };
  for (const [title, now, sentence] of [
    [
      "a value",
      { params: { "params.yaml": { "train.alpha": 0.2 } } },
      "The parameter train.alpha in params.yaml changed from 0.1 to 0.2.",
    ],
    ["a new dependency", { deps: { ...parts.deps, "b.py": "1" } }, "It now depends on b.py too."],
    ["a dependency less", { deps: { "train.py": "1" } }, "It no longer depends on data.csv."],
    [
      "many things",
      { commands: ["x"], wdir: "src", deps: { "train.py": "2", "data.csv": "2" }, environment: "f" },
      "The command changed, the folder it runs in changed from . to src, the dependency data.csv changed and 2 more parts differ.",
    ],
  ] as const) {
    it(`names ${title}`, () => {
      assert.equal(describeDifferences(compareParts(parts, { ...parts, ...now })), sentence);
    });
  }
});
