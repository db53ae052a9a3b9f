import { readFileSync } from "node:fs";
import { join } from "node:path";

import { emulatedVersion } from "#protocols/mlflow";

import { summarySchema } from "../mlflow-conformance/summary.ts";
import type { Summary } from "../mlflow-conformance/summary.ts";
import { askSystem } from "./http.ts";
import { generatedNote, table } from "./markdown.ts";

const summaryFile = join(import.meta.dirname, "..", "mlflow-conformance", "summary.json");

/** What MLflow's own tests say of Gyre, from the last whole run, and the routes that are served. */
export async function renderMlflow(): Promise<string> {
  const summary = summarySchema.parse(JSON.parse(readFileSync(summaryFile, "utf8")));
  return `${[
    "# Compatibility with MLflow",
    generatedNote,
    `Gyre speaks the REST API of MLflow ${emulatedVersion} to its unmodified clients. MLflow's own tests are run against
it, each on an empty server; [tools/mlflow-conformance](../../tools/mlflow-conformance/README.md) says how, and
fails when a test that is expected to pass does not, or one that is excepted does.`,
    `## MLflow's own tests

The suites, as far as they are about what is claimed below. A test that
looks inside MLflow's server or client instead of asking over HTTP says nothing about a protocol and is not counted.

${renderSuites(summary)}`,
    `All tests of these suites by what they are about. Only what is claimed is expected to pass.

${renderAreas(summary)}`,
    `## What differs, and why

${renderExceptions(summary)}`,
    `## Routes

Each is also served below \`/ajax-api\` instead of \`/api\`. Whatever is not listed answers \`ENDPOINT_NOT_FOUND\`.

${await renderRoutes()}`,
  ].join("\n\n")}\n`;
}

function renderSuites({ suites }: Summary): string {
  const total = suites.reduce(
    (sum, one) => ({ passed: sum.passed + one.passed, notPassed: sum.notPassed + one.notPassed }),
    { passed: 0, notPassed: 0 },
  );
  return table(
    ["suite", "passed", "not passed", "share", "about the inside", "skipped by MLflow"],
    [
      ...suites.map((one) => [
        `\`${one.name}\``,
        String(one.passed),
        String(one.notPassed),
        share(one),
        String(one.inside),
        String(one.skipped),
      ]),
      ["**all**", `**${total.passed}**`, `**${total.notPassed}**`, `**${share(total)}**`, "", ""],
    ],
  );
}

function share({ passed, notPassed }: { readonly passed: number; readonly notPassed: number }): string {
  const all = passed + notPassed;
  return all === 0 ? "" : `${((100 * passed) / all).toFixed(1)} %`;
}

function renderAreas({ areas }: Summary): string {
  return table(
    ["area", "claimed", "passed", "not passed"],
    areas.map((one) => [one.name, one.isClaimed ? "yes" : "no", String(one.passed), String(one.notPassed)]),
  );
}

function renderExceptions({ exceptions }: Summary): string {
  return table(
    ["", "why", "tests"],
    exceptions
      .filter(({ tests }) => tests.length > 0)
      .map(({ kind, reason, tests }) => [
        kind === "wanted" ? "on purpose" : "missing",
        reason,
        [...new Set(tests.map(shortName))].map((name) => `\`${name}\``).join(", "),
      ]),
  );
}

function shortName(test: string): string {
  return test.replace(/^.*::/s, "").replace(/\[.*$/s, "");
}

async function renderRoutes(): Promise<string> {
  const routes = await askSystem((system) => system.mlflowRoutes);
  const rows = routes
    .filter(({ path }) => !path.startsWith("/ajax-api") && !/^\/(api\/\d\.0|v1|graphql)\/?\*?$/.test(path))
    .flatMap(({ methods, path, summary, permission }) =>
      methods.map((method) => [`\`${method} ${path}\``, summary, permission]),
    );
  return table(["route", "", "permission"], rows);
}
