import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { materialiseTree, requireSafePath } from "#kernel/blobs";
import { explainDisk } from "#kernel/disk";
import { Problem } from "#kernel/errors";

import type { Environment } from "../../environment.ts";
import type { ProcessResult } from "../../index.ts";
import type { WorkState } from "../contract.ts";
import { describeExit } from "../ending-text.ts";
import { endWork, forgetDetails, updateOpenWork } from "../store.ts";
import type { Work, WorkEnd } from "../store.ts";
import { keepCheckpoint } from "./checkpoint.ts";
import { collectOuts } from "./outs.ts";
import type { LocalParts } from "./parts.ts";

interface Control {
  readonly signal: AbortSignal;
  graceMs(): number;
}

/** Runs one piece of work on this machine to its end, which is written before the promise resolves. */
export async function runWork(parts: LocalParts, work: Work, control: Control): Promise<void> {
  await mkdir(parts.folder, { recursive: true });
  const folder = await mkdtemp(join(parts.folder, `${work.id}-`));
  try {
    const end = await perform(parts, work, control, folder).catch((error: unknown) => failed(error));
    if (await endWork(parts.db, work.id, end, parts.clock.nowMs(), parts.runner.id))
      await forgetDetails(parts.db, work);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function perform(parts: LocalParts, work: Work, control: Control, folder: string): Promise<WorkEnd> {
  const { spec } = work;
  const [root, home] = [join(folder, "work"), join(folder, "home")];
  for (const path of [spec.wdir, ...spec.outs]) if (path !== ".") requireSafePath(path);
  await mkdir(home, { recursive: true });
  await materialiseTree(parts.blobs, { files: spec.inputs }, root);
  await mkdir(join(root, spec.wdir), { recursive: true });
  for (const out of spec.outs) await mkdir(dirname(join(root, out)), { recursive: true });
  const environment = await prepareEnvironment(parts, work, control.signal);
  const keeper = await keepCheckpoint(parts, work, root);
  try {
    return await runCommands(parts, work, control, { root, home, environment });
  } finally {
    await keeper.finish();
  }
}

async function prepareEnvironment(
  { logs, ensureEnvironment }: LocalParts,
  { id, spec }: Work,
  signal: AbortSignal,
): Promise<Environment | undefined> {
  if (spec.environment === null) return undefined;
  return await ensureEnvironment({
    ...spec.environment,
    signal,
    onOutput: (line) => void logs.append(id, `${line}\n`).catch(() => {}),
  });
}

interface Place {
  readonly root: string;
  readonly home: string;
  readonly environment: Environment | undefined;
}

async function runCommands(
  parts: LocalParts,
  work: Work,
  control: Control,
  { root, home, environment }: Place,
): Promise<WorkEnd> {
  const { spec } = work;
  const variables = await parts.sealed.open(work);
  const hidden = await parts.sealed.secrets(work);
  const nowMs = parts.clock.nowMs();
  await updateOpenWork(parts.db, work.id, { state: "running", started_at_ms: nowMs, reason: "It runs." });
  parts.changes.announce(work.id);
  const deadline = performance.now() + spec.timeoutMs;
  const outcome: { command: number; result: ProcessResult }[] = [];
  for (const [command, text] of spec.commands.entries()) {
    if (control.signal.aborted) return stopped(control, { exitCode: null, signal: null, command });
    await parts.logs.append(work.id, `> ${text}\n`);
    const result = await parts.runProcess({
      command: text,
      cwd: join(root, spec.wdir),
      ...(environment === undefined ? {} : { environment }),
      variables: { ...variables, HOME: home },
      timeoutMs: Math.max(1, deadline - performance.now()),
      logFile: parts.logs.pathOf(work.id),
      maximumLogBytes: spec.maximumLogBytes,
      hidden,
      signal: control.signal,
      graceMs: control.graceMs,
      onStart: async ({ pid, startTicks }) => {
        if (await updateOpenWork(parts.db, work.id, { pid, start_ticks: startTicks })) return;
        throw new Error(`the work ${work.id} has ended already`);
      },
    });
    outcome.push({ command, result });
    if (result.ended !== "exited" || result.exitCode !== 0) break;
  }
  const last = outcome.at(-1);
  if (last === undefined) return { state: "succeeded", reason: "There was nothing to run." };
  return await endOf(parts, work, control, { ...last, root });
}

async function endOf(
  parts: LocalParts,
  { spec }: Work,
  control: Control,
  { command, result, root }: { command: number; result: ProcessResult; root: string },
): Promise<WorkEnd> {
  const { exitCode, signal, ended } = result;
  const how = { exitCode, signal, command };
  if (ended === "cancelled") return stopped(control, how);
  if (ended === "timeout")
    return { ...how, state: "failed", reason: "Its time was over.", endedEarly: ended };
  if (ended === "log_limit")
    return { ...how, state: "failed", reason: "It printed more than its log may hold.", endedEarly: ended };
  if (exitCode !== 0) return { ...how, state: "failed", reason: describeExit(exitCode, signal) };
  return {
    ...how,
    state: "succeeded",
    reason: "It ended well.",
    outs: await collectOuts(parts.blobs, root, spec.outs),
  };
}

function stopped(control: Control, how: Pick<WorkEnd, "exitCode" | "signal" | "command">): WorkEnd {
  const state: WorkState = control.signal.reason === "cancel" ? "cancelled" : "preempted";
  const reason =
    state === "cancelled" ? "It was cancelled." : "The server stopped; it was told and had time to end.";
  return { ...how, state, reason };
}

function failed(error: unknown): WorkEnd {
  const problem = error instanceof Problem ? error : explainDisk(error);
  if (problem === undefined) throw error;
  const { code, message, next } = problem;
  return { state: "failed", reason: message, failure: { code, message, next } };
}
