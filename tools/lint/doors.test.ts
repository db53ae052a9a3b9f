import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** Lints one file with the project's doors and gives the messages of the doors rule. */
async function lint(path: string, source: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "doors-"));
  try {
    await copyFile(join(root, "package.json"), join(folder, "package.json"));
    await copyFile(join(root, "tools/lint/doors.mjs"), join(folder, "doors.mjs"));
    const config = {
      jsPlugins: ["./doors.mjs"],
      categories: { correctness: "off" },
      rules: { "gyre/doors": "error" },
    };
    await writeFile(join(folder, ".oxlintrc.json"), JSON.stringify(config));
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), source);
    const { stdout } = await run(join(root, "node_modules/.bin/oxlint"), ["--format", "json"], {
      cwd: folder,
    }).catch((failed: { stdout: string }) => failed);
    const report: unknown = JSON.parse(stdout);
    return messagesOf(report);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function messagesOf(report: unknown): string[] {
  assert.ok(typeof report === "object" && report !== null && "diagnostics" in report);
  assert.ok(Array.isArray(report.diagnostics));
  return report.diagnostics.map((one: unknown) => {
    assert.ok(typeof one === "object" && one !== null && "message" in one);
    return String(one.message);
  });
}

describe("the doors rule", () => {
  it("lets a module import the kernel, the mathematics, doors above its own and its own files", async () => {
    const source = `
      import { createServer } from "#kernel/http";
      import { mean } from "#stats";
      import type { DatasetVersion } from "#data";
      import { save } from "./store.ts";
      import { z } from "zod";
      export { createServer, mean, save, z, type DatasetVersion };`;
    assert.deepEqual(await lint("src/domain/registry/registry.ts", source), []);
  });

  it("catches an import from further down, and says what to do instead", async () => {
    assert.deepEqual(await lint("src/domain/data/store.ts", `import { x } from "#registry"; export { x };`), [
      "#data comes before #registry in the imports of package.json: announce an event and let #registry (or a file in src/domain/loops) react.",
    ]);
  });

  it("catches a dynamic import, a type's import and a re-export in the wrong direction alike", async () => {
    const source = `
      export * from "#serving";
      export type { Release } from "#delivery";
      export const later = import("#monitoring");
      export type Charter = import("#gateway").Gateway;`;
    assert.equal((await lint("src/domain/data/index.ts", source)).length, 4);
  });

  it("catches orders given by a module that may only ask", async () => {
    const source = `import type { DataCommands } from "#data/commands"; export type { DataCommands };`;
    assert.deepEqual(await lint("src/domain/registry/registry.ts", source), [
      "#registry may ask #data but not give it orders: announce an event and let a file in src/domain/loops give the order.",
    ]);
    assert.deepEqual(await lint("src/domain/loops/drift-retrains.ts", source), []);
    assert.deepEqual(await lint("src/protocols/mlflow/routes.ts", source), []);
  });

  it("catches a way into another module beside its door", async () => {
    assert.deepEqual(
      await lint("src/domain/registry/store.ts", `import { x } from "../data/store.ts"; export { x };`),
      ['Enter #data through its door: import from "#data" instead of "../data/store.ts".'],
    );
    assert.deepEqual(
      await lint("src/kernel/jobs/store.ts", `import { x } from "../db/sqlite.ts"; export { x };`),
      ['Enter #kernel/db through its door: import from "#kernel/db" instead of "../db/sqlite.ts".'],
    );
  });

  it("keeps the order within the kernel, by name and by path", async () => {
    const down = [
      "#kernel/db comes before #kernel/events in the imports of package.json: let #kernel/events hand in what is needed as an argument.",
    ];
    assert.deepEqual(
      await lint("src/kernel/db/index.ts", `import { x } from "../events/index.ts"; export { x };`),
      down,
    );
    assert.deepEqual(
      await lint("src/kernel/db/index.ts", `import { x } from "#kernel/events"; export { x };`),
      down,
    );
    assert.deepEqual(
      await lint("src/kernel/events/index.ts", `import { x } from "../db/index.ts"; export { x };`),
      [],
    );
  });

  it("catches a door that does not exist, and test support outside tests", async () => {
    assert.deepEqual(await lint("src/domain/data/store.ts", `import { x } from "#date"; export { x };`), [
      'There is no door #date: use one listed under "imports" in package.json.',
    ]);
    const source = `import { x } from "#kernel/testing"; export { x };`;
    assert.deepEqual(await lint("src/domain/data/store.ts", source), [
      "Only tests import #kernel/testing: move what is needed into a module.",
    ]);
    assert.deepEqual(await lint("src/domain/data/store.test.ts", source), []);
  });
});
