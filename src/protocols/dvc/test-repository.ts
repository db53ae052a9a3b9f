import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";

import { Problem } from "#kernel/errors";

import { dvcVerbs, withSession } from "./index.ts";
import type { Session } from "./index.ts";

/** A DVC repository without Git in a folder of its own, and the verbs on it. */
export function openTestRepository(test: TestContext, files: Readonly<Record<string, string>>, config = "") {
  const root = mkdtempSync(join(tmpdir(), "gyre-dvc-"));
  test.after(() => rmSync(root, { recursive: true, force: true }));
  const said: string[] = [];
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write(".dvc/config", `[core]\n    no_scm = True\n${config}`);
  for (const [path, text] of Object.entries(files)) write(path, text);
  const voice = {
    say: (line: string) => void said.push(line),
    warn: (line: string) => void said.push(line),
    tell: (line: string) => void said.push(line),
  };
  const run = async <Result>(work: (session: Session) => Promise<Result>): Promise<Result> =>
    await withSession({ here: root, voice }, work);
  return {
    root,
    said,
    write,
    read: (path: string) => readFileSync(join(root, path), "utf8"),
    run,
    add: async (...targets: string[]) => {
      const add = await dvcVerbs.add();
      return await run(async (session) => await add(session, { targets }));
    },
    status: async () => {
      const status = await dvcVerbs.status();
      return await run(async (session) => await status(session, { targets: [] }));
    },
    checkout: async (options: { isForced?: boolean } = {}) => {
      const { checkout } = await dvcVerbs.checkout();
      return await run(async (session) => await checkout(session, { targets: [], ...options }));
    },
    repro: async (options: Parameters<Awaited<ReturnType<typeof dvcVerbs.repro>>>[1] = { targets: [] }) => {
      const repro = await dvcVerbs.repro();
      return await run(async (session) =>
        (await repro(session, options)).map(({ name, file }) => name ?? file),
      );
    },
    objects: () => objectsOf(root),
    objectOf: (md5: string) => join(root, ".dvc/cache/files/md5", md5.slice(0, 2), md5.slice(2)),
  };
}

/** Every file of the cache by its digest, which is not trusted to be that of its text; all must be read-only. */
function objectsOf(root: string): Record<string, string> {
  const objects = join(root, ".dvc/cache/files/md5");
  return Object.fromEntries(
    readdirSync(objects).flatMap((prefix) =>
      readdirSync(join(objects, prefix)).map((name) => {
        const place = join(objects, prefix, name);
        assert.equal(statSync(place).mode & 0o777, 0o444, place);
        return [`${prefix}${name}`, readFileSync(place, "utf8")];
      }),
    ),
  );
}

/** What a refusal says: its code, its place, and a step to take. */
export async function refusalOf(work: Promise<unknown>): Promise<Problem> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Problem, String(error));
    assert.ok(error.next.length > 0);
    return error;
  }
  throw new Error("it was not refused");
}
