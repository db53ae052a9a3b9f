import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import type { Command } from "commander";
import { z } from "zod";

import { createCompute } from "#compute";
import { systemClock } from "#kernel/clock";
import { Problem } from "#kernel/errors";

import { interruptedExitCode, stopSignal } from "../stop-signal.ts";
import { tableLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb } from "../verb.ts";
import { generateMessages, readMessages } from "./messages/index.ts";
import type { MessageStream } from "./messages/index.ts";
import { problems } from "./problems.ts";
import { measureQuality } from "./quality.ts";
import type { Measured, QualityStory } from "./quality.ts";
import { project, setStage } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { playStory, StoryBroken } from "./story.ts";
import { createNarrator, timeText } from "./tell.ts";
import type { Narrator } from "./tell.ts";

const optionsSchema = z.object({
  data: z.string().optional(),
  once: z.boolean().default(false),
  port: z.string().default("0"),
  dir: z.string().optional(),
});

export function registerDemo(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, {
    usage: "demo",
    summary: "one product, all the way round the loop",
    examples: [
      ["gyre demo", "play the story, then stay up for looking around"],
      ["gyre demo --once", "play it and exit"],
      ["gyre demo --data tweets.csv", "the same on messages of your own (time, text, airline, sentiment)"],
    ],
    options: [
      { flags: "--data <file>", says: "a CSV with the columns created_at, text, airline, sentiment" },
      { flags: "--once", says: "exit at the end" },
      { flags: "--port <port>", says: "the server's port (any free one)" },
      { flags: "--dir <folder>", says: "where the project is made (.gyre/demo/airline-care)" },
    ],
    schema: optionsSchema,
    act: async ({ options }) => await play(terminal, options),
  });
}

async function play(terminal: Terminal, options: z.infer<typeof optionsSchema>): Promise<void> {
  const stream = readStream(options.data);
  const folder = resolve(options.dir ?? join(".gyre", "demo", project));
  await requirePython();
  const stopped = stopSignal(terminal);
  const stage = await setStage({ folder, port: options.port, stream });
  const isPlayed = playToEnd(terminal, stage, stream).then(() => true);
  try {
    const hasEnded = await Promise.race([isPlayed, stopped.then(() => false)]);
    if (hasEnded && !options.once) {
      inviteToLookAround(terminal, stage);
      await stopped;
    }
    if (!hasEnded) process.exitCode = interruptedExitCode;
  } catch (error) {
    if (!(error instanceof StoryBroken)) throw error;
    throw new Problem(problems.demo_broken, {
      message: `The story stopped: ${error.message.replace(/\.$/, "")}.`,
      ...(error.next === undefined ? {} : { next: error.next }),
      cause: error,
    });
  } finally {
    await stage.stop();
  }
  // What the story was waiting for will not come any more, and must not keep the process.
  if (process.exitCode === interruptedExitCode) process.exit();
}

async function playToEnd(terminal: Terminal, stage: Stage, stream: MessageStream): Promise<void> {
  const startedMs = performance.now();
  const narrator = createNarrator(terminal, stage.clock.nowMs, stage.system.url);
  terminal.say(`Gyre is at ${stage.system.url()}, its gateway at ${stage.system.gatewayUrl()}.`);
  terminal.say("");
  await playStory(stage, stream, narrator);
  const quality = await measureQuality(stage.system, stream.event.atMs);
  const tookSeconds = (performance.now() - startedMs) / 1_000;
  if (terminal.wantsJson) printJson(terminal, stage, narrator, quality, tookSeconds);
  else printEnd(terminal, narrator, quality, tookSeconds);
}

/** Asked before anything is made: without it the story would end at its fourth step. Throws `python_missing`. */
async function requirePython(): Promise<void> {
  const compute = createCompute({ clock: systemClock });
  await compute.environmentDigest({ requirementsText: "", pythonVersion: ">=3.10" });
}

function readStream(file: string | undefined): MessageStream {
  if (file === undefined) return generateMessages();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Problem(problems.demo_data_missing, { message: `${file} cannot be read.`, cause });
  }
  return readMessages({ text, file });
}

function printEnd(terminal: Terminal, narrator: Narrator, quality: QualityStory, tookSeconds: number): void {
  terminal.print("");
  const lines = tableLines(narrator.chapters, [
    { title: "step", of: (chapter) => chapter.step },
    { title: "time", of: (chapter) => timeText(chapter.atMs) },
    { title: "id", of: (chapter) => chapter.id ?? "" },
    { title: "link", of: (chapter) => chapter.link ?? "" },
  ]);
  for (const line of lines) terminal.print(line);
  terminal.print("");
  terminal.print(`expected cost, ${quality.unit}, from outcomes`);
  for (const line of qualityLines(quality)) terminal.print(line);
  terminal.say("");
  terminal.say(`Once round the loop in ${tookSeconds.toFixed(0)} s.`);
}

function qualityLines(quality: QualityStory): readonly string[] {
  const rows: [string, Measured | null][] = [
    ["before the event", quality.beforeEvent],
    ["at the worst, one day", quality.atWorst],
    ["after the retraining", quality.afterRetraining],
  ];
  return tableLines(rows, [
    { title: "when", of: ([name]) => name },
    { title: "cost", of: ([, measured]) => measured?.value.toFixed(3) ?? "not measured", isNumber: true },
    { title: "outcomes", of: ([, measured]) => String(measured?.n ?? 0), isNumber: true },
    { title: "from", of: ([, measured]) => (measured === null ? "" : timeText(measured.fromMs)) },
    { title: "version", of: ([, measured]) => measured?.modelVersionId ?? "" },
  ]);
}

function printJson(
  terminal: Terminal,
  stage: Stage,
  narrator: Narrator,
  quality: QualityStory,
  tookSeconds: number,
): void {
  terminal.printJson({
    url: stage.system.url(),
    gatewayUrl: stage.system.gatewayUrl(),
    project,
    folder: stage.folder,
    steps: narrator.chapters,
    quality,
    tookSeconds,
  });
}

function inviteToLookAround(terminal: Terminal, stage: Stage): void {
  terminal.say("");
  terminal.say(`Look around: ${stage.system.url()}/projects/${project}   (Ctrl-C ends it)`);
  terminal.say(`The second person signs in with the token ${stage.reviewer.token}`);
  terminal.say(`In another terminal: cd ${stage.folder} && gyre releases`);
}
