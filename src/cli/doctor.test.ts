import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";

import { openDatabase } from "#kernel/db";
import { migrations } from "#kernel/events";
import { temporaryFolder } from "#kernel/testing";

import { runGyre } from "./fixtures/run-gyre.ts";

interface Finding {
  readonly subject: string;
  readonly verdict: string;
  readonly sentence: string;
  readonly next?: string;
}

async function examine(
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; of: (subject: string) => Finding | undefined }> {
  const { code, stdout } = await runGyre(["doctor", "--json"], { folder, variables });
  const findings: Finding[] = JSON.parse(stdout);
  return { code, of: (subject) => findings.find((finding) => finding.subject === subject) };
}

describe("gyre doctor", () => {
  it("prints one line for each thing, with the next step under what is not well", async () => {
    const folder = await temporaryFolder();
    const { stdout } = await runGyre(["doctor"], { folder });
    const subjects = [...stdout.matchAll(/^(?:ok|warn|fail) +(\w+) +\S/gm)].map(([, subject]) => subject);
    assert.deepEqual(subjects, [
      "node",
      "python",
      "uv",
      "folder",
      "disk",
      "ports",
      "server",
      "database",
      "interface",
    ]);
    assert.match(stdout, /warn {2}server {5}No server runs for this folder\.\n {17}next: gyre up\n/);
  });

  it("asks the compute targets, and says of one that does not answer what to check", async () => {
    const folder = await temporaryFolder();
    const { of } = await examine(folder, { GYRE_COMPUTE: "ray=http://127.0.0.1:9" });
    const ray = of("ray");
    assert.equal(ray?.verdict, "fail");
    assert.match(ray?.sentence ?? "", /"ray" does not answer at http:\/\/127\.0\.0\.1:9/);
    const wrong = await examine(folder, { GYRE_COMPUTE: "moon" });
    assert.deepEqual([wrong.of("compute")?.verdict, wrong.code], ["fail", 1]);
  });

  it("fails without a Python on the PATH, and says how to get one", async () => {
    const folder = await temporaryFolder();
    const bin = join(folder, "bin");
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, "node"));
    const { code, of } = await examine(folder, { PATH: bin });
    assert.equal(code, 1);
    assert.deepEqual(of("python"), {
      subject: "python",
      verdict: "fail",
      sentence: "There is no Python on the PATH; steps and training need one.",
      next: "Install Python 3.10 or newer with venv, on Debian or Ubuntu: sudo apt-get install python3 python3-venv",
    });
  });

  it("fails with a Python that is too old", async () => {
    const folder = await temporaryFolder();
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "python3"), "#!/bin/sh\necho 3.8.10\n", { mode: 0o755 });
    const { code, of } = await examine(folder, { PATH: bin });
    assert.deepEqual(
      [code, of("python")?.sentence],
      [1, "Python 3.10 or newer is needed, and python3 is 3.8.10."],
    );
  });

  it("warns of a port that somebody else has", async () => {
    const folder = await temporaryFolder();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { of } = await examine(folder, { GYRE_PORT: String(port), GYRE_GATEWAY_PORT: "0" });
    server.close();
    assert.deepEqual(of("ports"), {
      subject: "ports",
      verdict: "warn",
      sentence: `Cannot listen on ${port} (in use).`,
      next: "Choose others: gyre up --port 0 --gateway-port 0 (0 takes any free one)",
    });
  });

  it("fails on a damaged database and on an address where nobody answers", async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, ".gyre"));
    writeFileSync(join(folder, ".gyre", "gyre.db"), "this is no database, whatever its name says");
    const { code, of } = await examine(folder, { GYRE_URL: "http://127.0.0.1:65000" });
    assert.deepEqual([code, of("database")?.verdict, of("server")?.verdict], [1, "fail", "fail"]);
    assert.match(of("database")?.sentence ?? "", /not a database/);
    assert.match(of("server")?.sentence ?? "", /ECONNREFUSED/);
  });

  it("fails on a database of a newer Gyre, and is at ease with one of an older", async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, ".gyre"));
    const db = openDatabase({ location: join(folder, ".gyre", "gyre.db") });
    await db.migrate(migrations);
    const older = await examine(folder);
    assert.match(older.of("database")?.sentence ?? "", /is sound, and of an older Gyre/);
    await db.migrate([...migrations, { id: "events-999", statements: () => [] }]);
    await db.close();
    const { code, of } = await examine(folder);
    assert.deepEqual(
      [code, of("database")],
      [
        1,
        {
          subject: "database",
          verdict: "fail",
          sentence: ".gyre/gyre.db is of a newer Gyre: it has events-999.",
          next: "Start the newer Gyre, or restore a backup made before the upgrade.",
        },
      ],
    );
  });

  it("tells a mistake in the settings and nothing that would follow from it", async () => {
    const folder = await temporaryFolder();
    const { code, of } = await examine(folder, { GYRE_PORT: "many" });
    assert.deepEqual([code, of("settings")?.verdict, of("ports")], [1, "fail", undefined]);
  });
});
