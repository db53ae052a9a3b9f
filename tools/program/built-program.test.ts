import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..", "..");

/** Prints which program a launcher beside these tools would start. */
const question = `
import { findBuiltProgram } from "./tools/program/built-program.mjs";
console.log(findBuiltProgram(process.cwd(), process.argv[1]) ?? "the sources");`;

describe("the built program", () => {
  let folder: string;
  const chosen = async (word = "runs"): Promise<string> => {
    const words = ["--input-type=module", "-e", question, word];
    const { stdout } = await run(process.execPath, words, { cwd: folder });
    return stdout.trim();
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gyre-program-"));
    for (const name of ["src", "tools", "gyre", "package.json", "package-lock.json"])
      await cp(join(root, name), join(folder, name), { recursive: true, preserveTimestamps: true });
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await mkdir(join(folder, "web"));
    await run(process.execPath, [join(folder, "tools", "program", "build.mjs")]);
  });
  after(async () => await rm(folder, { recursive: true, force: true }));

  it("is started where it was made of the sources that lie here, and says what they say", async () => {
    assert.equal(await chosen(), join(folder, "dist", "program", "main.js"));
    const help = async (program: string): Promise<string> =>
      (await run(process.execPath, [program, "release", "--help"], { cwd: folder })).stdout;
    assert.equal(await help(join(folder, "gyre")), await help(join(folder, "src", "cli", "main.ts")));
  });

  it("finds what lies beside the sources: the templates of new projects among it", async () => {
    await cp(join(root, "blueprints"), join(folder, "blueprints"), { recursive: true });
    const { stdout } = await run(process.execPath, [join(folder, "gyre"), "new", "care", "--json"], {
      cwd: folder,
    });
    assert.match(stdout, /gyre\.yaml/);
  });

  it("is left alone as soon as one source is another, by its size or its time", async () => {
    const source = join(folder, "src", "cli", "words.ts");
    const original = join(root, "src", "cli", "words.ts");
    await utimes(source, new Date(0), new Date(0));
    assert.equal(await chosen(), "the sources");
    await cp(original, source, { preserveTimestamps: true });
    assert.equal(await chosen(), join(folder, "dist", "program", "main.js"));
    await writeFile(source, "");
    assert.equal(await chosen(), "the sources");
    await rm(source);
    assert.equal(await chosen(), "the sources");
  });

  it("is started for dvc's verbs as long as those sources lie here that they may ever load", async () => {
    const built = join(folder, "dist", "program", "main.js");
    assert.equal(await chosen("dvc"), built, "a source of other commands is gone");
    // Reached by `gyre dvc repro` alone, and in a thread.
    for (const source of ["repro/stage-run.ts", "files/hash-worker.ts"]) {
      const place = join("src", "protocols", "dvc", source);
      await utimes(join(folder, place), new Date(0), new Date(0));
      assert.equal(await chosen("dvc"), "the sources", source);
      await cp(join(root, place), join(folder, place), { preserveTimestamps: true });
      assert.equal(await chosen("dvc"), built);
    }
  });

  it("is left alone where it was never made, or not to its end", async () => {
    await writeFile(join(folder, "dist", "program", "sources.json"), '{"files":');
    assert.equal(await chosen(), "the sources");
    await rm(join(folder, "dist"), { recursive: true });
    assert.equal(await chosen(), "the sources");
  });
});
