import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { Problem } from "#kernel/errors";
import { readPipeline } from "#pipelines/definition";
import type { FlagStyle, Stage } from "#pipelines/definition";

interface Case {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  readonly config?: FlagStyle;
  readonly stages: readonly unknown[];
}

// What DVC 3.67.1 itself made of each file, after the cases of its own tests of parsing.
const cases: { readonly resolved: readonly Case[]; readonly refused: readonly Omit<Case, "stages">[] } =
  JSON.parse(readFileSync(join(import.meta.dirname, "fixtures", "grammar.json"), "utf8"));

describe("dvc.yaml, as DVC resolves it", () => {
  for (const { title, files, config, stages } of cases.resolved) {
    it(title, async () => assert.deepEqual((await read(files, config)).map(told), stages));
  }
});

describe("what DVC refuses is refused, with its place", () => {
  for (const { title, files } of cases.refused) {
    it(title, async () => {
      await assert.rejects(read(files, undefined), (error: unknown) => {
        assert.ok(error instanceof Problem, String(error));
        assert.ok(error.position !== undefined && error.position.line >= 1);
        return true;
      });
    });
  }
});

async function read(
  files: Readonly<Record<string, string>>,
  flags: FlagStyle | undefined,
): Promise<readonly Stage[]> {
  const { stages } = await readPipeline({
    files: { readText: async (path) => files[path] },
    file: "dvc.yaml",
    outside: "kept",
    ...(flags === undefined ? {} : { flags }),
  });
  return stages;
}

function told({ name, cmd, wdir, deps, params, outs, frozen, alwaysChanged, description }: Stage): unknown {
  return {
    name,
    cmd,
    wdir,
    deps,
    params,
    outs: outs.map(({ path, kind, cache, persist, annotations }) => ({
      path,
      kind,
      cache,
      persist,
      push: annotations["push"] ?? true,
      remote: annotations["remote"] ?? null,
    })),
    frozen,
    alwaysChanged,
    desc: description,
  };
}
