import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";

import { temporaryFolder } from "#kernel/testing";

import { findEnvironment } from "../environments.ts";
import { startGyreServer } from "../server.ts";

const run = promisify(execFile);

/*
 * MLflow's client for the JVM, as Maven's repository gives it. Java runs the scenario from its source. The client
 * hands files over to a Python with MLflow; where there is none, they alone are left out.
 */
describe("the unmodified client MLflow for Java", () => {
  it("finds everything as it left it", { timeout: 900_000 }, async (test) => {
    const classes = await findClasses();
    if ("reason" in classes) return test.skip(classes.reason);
    const python = await findEnvironment("mlflow-2");
    const withFiles = typeof python !== "string";
    if (!withFiles) test.diagnostic(`files are left out: ${python}`);
    const server = await startGyreServer();
    const home = await temporaryFolder();
    const source = join(import.meta.dirname, "Journey.java");
    const { stdout } = await run(
      "java",
      ["-cp", classes.path, source, server.url, ...(withFiles ? ["files"] : [])],
      {
        cwd: home,
        env: {
          HOME: home,
          PATH: `${withFiles ? `${dirname(python.interpreter)}${delimiter}` : ""}${process.env["PATH"] ?? ""}`,
          LC_ALL: "C.UTF-8",
          JAVA_TOOL_OPTIONS: "-Dfile.encoding=UTF-8 -Dsun.jnu.encoding=UTF-8",
          ...(withFiles ? { MLFLOW_PYTHON_EXECUTABLE: python.interpreter } : {}),
        },
        timeout: 300_000,
      },
    );
    await server.stop();
    assert.deepEqual(stdout.trim().split("\n"), [
      "experiment: [deleted, true, false, care, 1]",
      "run: [FINISHED, first, 1700000000000, 1700000001000]",
      "params: [depth=3, rate=0.1]",
      "metrics: [curve=0.01, huge=1.7976931348623157E308, loss=0.25, odd=NaN]",
      "tags: [kind=größer, state=even]",
      "history: [100, 99, 0.01]",
      "pages: [[4.0, 3.0, 2.0], [1.0], false]",
      "deleted: 1",
      "restored: 6",
      "active: 3",
      ...(withFiles ? ["files: [[model/, notes/], 6, a note]"] : []),
      "versions: [words, 2 READY true, [1 Staging, 2 None], 2]",
      ...(withFiles ? ["model: flavors: {}"] : []),
      "refused: [404 RESOURCE_DOES_NOT_EXIST, 400 RESOURCE_ALREADY_EXISTS, 404 RESOURCE_DOES_NOT_EXIST]",
    ]);
  });
});

/** The jars of the client, fetched the first time; a reason says why this machine cannot have them. */
async function findClasses(): Promise<{ readonly path: string } | { readonly reason: string }> {
  const folder = await temporaryFolder();
  try {
    await run("java", ["-version"]);
    const { stdout } = await run("mvn", ["-q", "-version"]);
    assert.match(stdout, /\d/);
  } catch {
    return { reason: "Java and Maven are not both installed here" };
  }
  const pom = join(import.meta.dirname, "pom.xml");
  const plugin = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies";
  try {
    await run("mvn", ["-q", "-B", "-f", pom, plugin, `-DoutputDirectory=${folder}`], { timeout: 240_000 });
    await access(join(folder, "mlflow-client-2.17.2.jar"));
  } catch (error) {
    const words = error instanceof Error ? error.message.split("\n", 2).join(" ").slice(0, 300) : "";
    return { reason: `Maven could not fetch MLflow's client: ${words}` };
  }
  return { path: join(folder, "*") };
}
