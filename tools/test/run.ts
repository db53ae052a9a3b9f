import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findMoto } from "../../journeys/s3/moto.ts";
import { isSelected, readSelection, stepNames } from "./arguments.ts";
import type { Selection } from "./arguments.ts";
import { findChromium } from "./browser.ts";
import { addTallies, emptyTally, tallyLine } from "./cases.ts";
import type { Tally } from "./cases.ts";
import { runCheck } from "./checks.ts";
import { runFile } from "./file.ts";
import { startPostgres } from "./postgres.ts";
import { printEnd, printFile, printStep } from "./print.ts";
import { steps } from "./steps.ts";
import type { Need, Step, TestFiles } from "./steps.ts";

/** Runs what the arguments select, prints it, and gives the exit code. The last line is the tally. */
export async function runTests(words: readonly string[]): Promise<number> {
  const selection = readSelection(words);
  const unknown = pathsWithoutTests(selection);
  if (unknown.length > 0) {
    console.error(`No test was found under ${unknown.join(", ")} in: ${selection.steps.join(", ")}.
Next: name a test file, a folder of them, a glob, or a step: ${stepNames.join(", ")}.`);
    return 1;
  }
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort());
  const run: Run = { selection, signal: stopping.signal, close: [], resources: new Map() };
  const tallies: Tally[] = [];
  try {
    for (const step of steps.filter(({ name }) => selection.steps.includes(name))) {
      if (stopping.signal.aborted) break;
      tallies.push(await runStep(step, run));
    }
  } finally {
    for (const close of run.close) await close();
  }
  const total = addTallies(tallies);
  printEnd(total);
  console.log(tallyLine(total));
  return total.failures.length > 0 || stopping.signal.aborted ? 1 : 0;
}

/** A path that selects nothing is a slip: what it was to run would be taken for passed. */
function pathsWithoutTests({ steps: meant, paths }: Selection): readonly string[] {
  const files = steps.flatMap((step) =>
    meant.includes(step.name) && step.files !== undefined ? findFiles(step.files, paths) : [],
  );
  return paths.filter((path) => !files.some((file) => isSelected(file, [path])));
}

interface Run {
  readonly selection: Selection;
  readonly signal: AbortSignal;
  readonly close: (() => Promise<void>)[];
  readonly resources: Map<string, Promise<Resource>>;
}

/** Variables for the test files, or why the tests that need them are left out. */
interface Resource {
  readonly variables: Readonly<Record<string, string>>;
  readonly missing?: string;
}

async function runStep(step: Step, run: Run): Promise<Tally> {
  const { paths } = run.selection;
  const files = step.files === undefined ? [] : findFiles(step.files, paths);
  // Paths narrow the files of a step; a step that only checks was named.
  const checks = paths.length === 0 || step.files === undefined ? step.checks : [];
  if (checks.length === 0 && files.length === 0) return emptyTally;
  const startedMs = performance.now();
  console.log(`\n${step.title}`);
  const tallies: Tally[] = [];
  for (const check of checks) {
    const checkStartedMs = performance.now();
    const tally = await runCheck(check, run.signal);
    printFile(check.command.join(" "), tally, performance.now() - checkStartedMs);
    tallies.push(tally);
  }
  if (step.files !== undefined && files.length > 0) {
    tallies.push(await runFiles(step, step.files, files, run));
  }
  const tally = addTallies(tallies);
  printStep(step.title, tally, performance.now() - startedMs);
  return tally;
}

function findFiles({ globs, except = [] }: TestFiles, paths: readonly string[]): readonly string[] {
  const found = globSync([...globs], { exclude: ["**/node_modules/**", ...except] });
  return found.filter((file) => isSelected(file, paths)).toSorted();
}

async function runFiles(step: Step, of: TestFiles, files: readonly string[], run: Run): Promise<Tally> {
  const { variables, missing } = await resourcesOf(of, run);
  const [reason] = missing;
  if (reason !== undefined && of.needs?.includes("chromium") === true) {
    console.log(`  left out: ${reason}`);
    return { passed: 0, failures: [], skips: [{ where: step.name, name: step.title, reason }] };
  }
  for (const one of missing) console.log(`  ${one}: its tests are left out.`);
  const waiting = [...files];
  const tallies: Tally[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      if (run.signal.aborted) return;
      const startedMs = performance.now();
      const { nodeFlags } = run.selection;
      const tally = await runFile({
        file,
        nodeFlags,
        variables,
        timeoutMs: of.timeoutMs,
        signal: run.signal,
      });
      printFile(file, tally, performance.now() - startedMs);
      tallies.push(tally);
    }
  };
  await Promise.all(Array.from({ length: of.concurrency }, work));
  return addTallies(tallies);
}

async function resourcesOf(
  { needs = [] }: TestFiles,
  run: Run,
): Promise<{ readonly variables: Resource["variables"]; readonly missing: readonly string[] }> {
  // Compiled sources are shared between the files: a quarter of the time of a short one.
  const common = { NODE_COMPILE_CACHE: join(tmpdir(), `gyre-test-compile-cache-${process.getuid?.() ?? 0}`) };
  const found = await Promise.all(
    needs.map(async (need) => {
      const resource = run.resources.get(need) ?? providers[need](run);
      run.resources.set(need, resource);
      return await resource;
    }),
  );
  return {
    variables: Object.assign({}, common, ...found.map(({ variables }) => variables)),
    missing: found.flatMap(({ missing }) => missing ?? []),
  };
}

const providers: Readonly<Record<Need, (run: Run) => Promise<Resource>>> = {
  postgres: providePostgres,
  chromium: provideChromium,
  moto: provideMoto,
};

/** Not a server but what starts one: a test file that wants one has its own. */
async function provideMoto(): Promise<Resource> {
  const found = await findMoto();
  if (found.startsWith("no moto")) return { variables: {}, missing: found };
  return { variables: { GYRE_TEST_MOTO_PYTHON: found } };
}

async function providePostgres(run: Run): Promise<Resource> {
  const server = await startPostgres(process.env);
  if (server.url === undefined) return { variables: {}, missing: server.reason };
  run.close.push(server.stop);
  return { variables: { GYRE_TEST_POSTGRES_URL: server.url } };
}

async function provideChromium(): Promise<Resource> {
  const chromium = findChromium(process.env);
  if (chromium === undefined) {
    return {
      variables: {},
      missing: "no Chromium in PATH (Debian: apt install chromium), and GYRE_TEST_CHROMIUM names none",
    };
  }
  return { variables: { GYRE_TEST_CHROMIUM: chromium, CHROMIUM: chromium } };
}
