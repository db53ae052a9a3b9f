import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";

import { differenceOfAnswers, differenceOfStates } from "./compare.ts";
import { makeData, makeOuts, planData } from "./made-data.ts";
import type { Plan } from "./made-data.ts";
import { bothFail } from "./outcomes.ts";
import type { Result } from "./outcomes.ts";
import type { Answer, Program } from "./programs.ts";
import {
  askedAfterChange,
  askedAsFound,
  askedBeforeRun,
  deedsOfFirstRun,
  deedsWithoutCache,
  deedsWithoutOuts,
} from "./questions.ts";
import type { Question } from "./questions.ts";

export interface RepositoryCall {
  readonly source: string;
  readonly name: string;
  readonly scratch: string;
  readonly programs: Readonly<Record<"dvc" | "gyre", Program>>;
}

type Found = Omit<Result, "run">;

/** Asks both programs about every DVC project of a clone, each in a copy of its own. */
export async function askRepository(call: RepositoryCall): Promise<readonly Found[]> {
  const projects = listProjects(call.source, "");
  const commit = git(call.source, "rev-parse", "HEAD").trim();
  const results: Found[] = [];
  for (const project of projects.slice(0, 3)) {
    results.push(
      ...(await askProject(call, project)).map((one) => ({
        ...one,
        repository: call.name.replace("+", "/"),
        commit,
      })),
    );
  }
  return results;
}

type Outcome = Pick<Found, "question" | "outcome" | "reason">;

async function askProject(
  { source, scratch, programs }: RepositoryCall,
  project: string,
): Promise<readonly Outcome[]> {
  const copies = { dvc: join(scratch, "dvc", "repository"), gyre: join(scratch, "gyre", "repository") };
  const roots = { dvc: join(copies.dvc, project), gyre: join(copies.gyre, project) };
  const results: Outcome[] = [];
  const copy = (): void => {
    for (const place of [copies.dvc, copies.gyre]) {
      rmSync(join(place, ".."), { recursive: true, force: true });
      mkdirSync(join(place, ".."), { recursive: true });
      cpSync(source, place, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
      useOwnPlaces(join(place, project));
    }
  };
  const both = (work: (root: string) => void): void => {
    for (const root of [roots.dvc, roots.gyre]) work(root);
  };
  const ask = async (state: string, questions: readonly Question[]): Promise<boolean> => {
    for (const asked of questions) {
      const { words, leaves } = asked;
      const dvc = neutral(await programs.dvc.ask(roots.dvc, words), copies.dvc);
      const gyre = neutral(await programs.gyre.ask(roots.gyre, words), copies.gyre);
      const question = `${project === "" ? "" : `${project}, `}${state}: ${words.join(" ")}`;
      const obstacle = obstacleOf(dvc);
      if (obstacle !== undefined) {
        results.push({ question, outcome: "left out", reason: obstacle });
        if (leaves === true) return false;
        continue;
      }
      const difference =
        differenceOfAnswers(dvc, gyre, asked) ??
        // How far a command came that failed depends on its order, which in dvc is the file system's.
        (leaves === true && dvc.code === 0 ? differenceOfStates(copies.dvc, copies.gyre) : undefined);
      results.push({
        question,
        outcome: difference === undefined ? "same" : "different",
        reason: difference ?? (dvc.code === 0 ? "" : bothFail),
      });
      // What follows would only tell of this again.
      if (leaves === true && (difference !== undefined || dvc.code !== 0)) return false;
    }
    return true;
  };

  copy();
  await ask("as found", askedAsFound);
  copy();
  both((root) => listImports(root, "").forEach((file) => rmSync(join(root, file))));
  const plan = await planOrObstacle(roots.gyre);
  if (plan.obstacle !== undefined) {
    results.push({ question: "with made data", outcome: "left out", reason: plan.obstacle });
    return results;
  }
  both((root) => plan.sources.forEach((one) => makeData(root, one, 1)));
  makeOuts(scratch, plan, 1);
  if (!(await ask("made data", [...askedBeforeRun, ...deedsOfFirstRun]))) return results;
  both(commitAll);
  both((root) => changeSource(root, plan));
  makeOuts(scratch, plan, 2);
  if (!(await ask("changed data", askedAfterChange))) return results;
  const outs = plan.stages.flatMap((stage) => stage.outs);
  both((root) => outs.forEach(({ path }) => rmSync(join(root, path), { recursive: true, force: true })));
  if (!(await ask("outs gone", deedsWithoutOuts))) return results;
  both((root) => rmSync(join(root, ".dvc", "cache"), { recursive: true, force: true }));
  await ask("cache gone", deedsWithoutCache);
  return results;
}

async function planOrObstacle(root: string): Promise<Plan> {
  try {
    return await planData(root);
  } catch {
    return {
      sources: [],
      stages: [],
      obstacle: "Gyre cannot read it, as dvc cannot",
    };
  }
}

/** Folders with a `.dvc`, from the root; a repository may hold several. */
function listProjects(root: string, folder: string): readonly string[] {
  if (folder.split("/").length > 4) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const isProject = entries.some(
    ({ name }) => name === ".dvc" && existsSync(join(root, folder, name, "config")),
  );
  return [
    ...(isProject ? [folder] : []),
    ...entries
      .filter(({ name }) => name !== ".git" && name !== ".dvc")
      .flatMap(({ name }) => listProjects(root, folder === "" ? name : `${folder}/${name}`)),
  ];
}

/** `.dvc` files of what another place holds: asking it for changes is not what the stages are run for. */
function listImports(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name === ".git" || entry.name === ".dvc" ? [] : listImports(root, path);
    if (!entry.isFile() || !entry.name.endsWith(".dvc")) return [];
    const text = readFileSync(join(root, path), "utf8");
    return /^deps:/m.test(text) && !/^cmd:/m.test(text) ? [path] : [];
  });
}

/** The cache below the project, and a remote in the same scratch: a path of its author's machine is not ours. */
function useOwnPlaces(root: string): void {
  const remote = join(
    "..",
    "..",
    ...(root.split("/repository/")[1] ?? "")
      .split("/")
      .filter((part) => part !== "")
      .map(() => ".."),
    "remote",
  );
  appendFileSync(
    join(root, ".dvc", "config.local"),
    `[core]\n    remote = beside\n[cache]\n    dir = cache\n['remote "beside"']\n    url = ${remote}\n`,
  );
}

function commitAll(root: string): void {
  git(root, "add", "--all");
  git(root, "-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "--allow-empty", "-m", "made");
}

function git(root: string, ...words: readonly string[]): string {
  return spawnSync("git", ["-C", root, ...words], { encoding: "utf8" }).stdout;
}

/** Adds bytes to the first thing that a stage reads. */
function changeSource(root: string, plan: Plan): void {
  const first = plan.sources[0]?.path;
  if (first === undefined) return;
  const place = join(root, first);
  appendFileSync(statSync(place).isDirectory() ? join(place, "part one.txt") : place, "changed\n");
}

/** Why an answer of dvc says nothing about Gyre. */
function obstacleOf({ code, err }: Answer): string | undefined {
  if (code === -14) return "dvc does not end in time";
  if (code === 0) return undefined;
  if (/requires '?dvc-\w+'? to be installed/.test(err))
    return "dvc wants a plugin for a remote before it answers";
  if (/SCM error: Failed to clone|no host is asked|NameResolutionError/.test(err))
    return "dvc asks another host before it answers";
  return undefined;
}

/** Without where the copy lies. */
function neutral({ code, out, err }: Answer, root: string): Answer {
  return { code, out: out.replaceAll(root, "<root>"), err: err.replaceAll(root, "<root>") };
}
