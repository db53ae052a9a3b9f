import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { readYaml } from "./yaml-reader.ts";
import { writeYaml } from "./yaml-writer.ts";
import type { YamlValue } from "./yaml-value.ts";

interface Vector {
  readonly value: string;
  readonly inMapping: string;
  readonly inList: string;
  readonly asKey: string;
}

// What `dvc.utils.serialize.dumps_yaml` of DVC 3.67.1 (ruamel.yaml 0.19) wrote for each text.
const vectors: readonly Vector[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "fixtures", "yaml-scalars.json"), "utf8"),
);

describe("YAML as DVC writes it", () => {
  it("quotes and breaks texts as DVC does, whatever signs they hold", () => {
    const ours = vectors.map(({ value }) => ({
      value,
      inMapping: writeYaml({ stages: { s: { cmd: value } } }),
      inList: writeYaml({ s: { l: [value, "z"], m: [{ p: value }] } }),
      asKey: writeYaml({ [value]: "x" }),
    }));
    assert.deepEqual(ours, vectors);
  });

  it("reads back what it writes", () => {
    for (const { value } of vectors) {
      // What a reader of YAML takes for no part of a text cannot be read back by any.
      if (/[\u0085\u2028\u2029\r\ufeff]/.test(value)) continue;
      assert.deepEqual(readYaml("f", writeYaml({ a: value, b: [value] })), { a: value, b: [value] });
    }
  });

  for (const [title, value, text] of [
    ["nothing", { a: null, b: [null, 1n] }, "a:\nb:\n- \n- 1\n"],
    ["empty collections", { a: {}, b: [], c: [{}, []] }, "a: {}\nb: []\nc:\n- {}\n- []\n"],
    [
      "lists of lists",
      {
        a: [
          [1n, 2n],
          [3n, [4n]],
        ],
      },
      "a:\n- - 1\n  - 2\n- - 3\n  - - 4\n",
    ],
    ["mappings in lists", { a: [[{ x: 1n, y: 2n }], { b: [1n] }] }, "a:\n- - x: 1\n    y: 2\n- b:\n  - 1\n"],
    [
      "numbers",
      {
        f: [0.1, 1e-5, 1e16, 1, -0, Infinity, NaN, 123456789012345680, 1.5e-7],
        i: [0n, 100000000000000000000n],
      },
      "f:\n- 0.1\n- 1e-05\n- 1e+16\n- 1.0\n- -0.0\n- .inf\n- .nan\n- 1.2345678901234568e+17\n- 1.5e-07\ni:\n- 0\n- 100000000000000000000\n",
    ],
    ["no mapping at all", {}, "{}\n"],
  ] satisfies readonly (readonly [string, Readonly<Record<string, YamlValue>>, string])[]) {
    it(`writes ${title}`, () => assert.equal(writeYaml(value), text));
  }
});
