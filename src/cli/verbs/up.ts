import { createServer } from "node:net";

import type { Command } from "commander";
import { z } from "zod";

import { systemClock } from "#kernel/clock";
import { describeConfig, readConfig } from "#kernel/config";
import type { Config, ConfigFound } from "#kernel/config";
import { processIdentity } from "#kernel/process-identity";
import { holdYoungGeneration } from "#kernel/young-generation";

import { appliedLines, applyFolder } from "../apply-folder.ts";
import { createClient } from "../client.ts";
import { problemOf, tellProblem } from "../failure.ts";
import { shownPath } from "../project.ts";
import { readServerFile, removeServerFile, writeServerFile } from "../server-file.ts";
import type { RunningServer } from "../server-file.ts";
import { stopSignal } from "../stop-signal.ts";
import { factLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb } from "../verb.ts";

const optionsSchema = z.object({
  port: z.string().optional(),
  host: z.string().optional(),
  gatewayPort: z.string().optional(),
  dir: z.string().optional(),
  auth: z.string().optional(),
  allowedHosts: z.string().optional(),
  webhookHosts: z.string().optional(),
  blobs: z.string().optional(),
  blobCache: z.string().optional(),
  garbageGrace: z.string().optional(),
  gpus: z.string().optional(),
  compute: z.string().optional(),
  logLevel: z.string().optional(),
  printConfig: z.boolean().default(false),
});

export function registerUp(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, {
    usage: "up",
    summary: "start the server, the interface and the gateway",
    examples: [
      ["gyre up", "for the project of this folder; its state lies in .gyre"],
      ["gyre up --port 0 --gateway-port 0", "on any free ports"],
      ["gyre up --print-config", "every setting, and where it comes from"],
      ["GYRE_DATABASE_URL=postgres://… gyre up", "with its state in PostgreSQL"],
      ["gyre up --blobs s3://bucket/prefix", "with its bytes in a bucket; credentials from the environment"],
    ],
    options: [
      { flags: "--port <port>", says: "where the server listens (7357, or a free one when that is taken)" },
      { flags: "--gateway-port <port>", says: "where the gateway listens (7358, or a free one)" },
      { flags: "--host <address>", says: "the address to listen on (127.0.0.1)" },
      { flags: "--dir <folder>", says: "the folder of the state (.gyre beside gyre.yaml)" },
      { flags: "--auth <mode>", says: "local: this machine's user; required: everybody signs in" },
      { flags: "--allowed-hosts <names>", says: "further names of this server, separated by commas" },
      {
        flags: "--webhook-hosts <names>",
        says: "hosts that webhooks may reach although they are private or without https, separated by commas",
      },
      { flags: "--blobs <place>", says: "where bytes lie: a folder, or s3://bucket/prefix" },
      { flags: "--blob-cache <size>", says: "how much of a bucket may be kept on this machine (10GB)" },
      {
        flags: "--garbage-grace <days>",
        says: "how long stored content stays that nothing refers to, or never to keep it (7d)",
      },
      {
        flags: "--gpus <count>",
        says: "how many GPUs steps may take, or which, with a comma, as in 0,2 (those of this machine)",
      },
      { flags: "--compute <target>", says: "where steps run (local)" },
      { flags: "--log-level <level>", says: "debug, info, warn or error (info)" },
      { flags: "--print-config", says: "print the settings and end" },
    ],
    schema: optionsSchema,
    async act({ options: { printConfig, blobCache, garbageGrace, ...given } }) {
      const flags = { ...given, blobCacheBytes: blobCache, garbageGraceDays: garbageGrace };
      const settings = readConfig({ flags, environment: process.env, workingFolder: process.cwd() });
      if (printConfig) return printSettings(terminal, settings);
      const running = readServerFile(settings.config.dir);
      if (running !== undefined) return tellRunning(terminal, running);
      await serve(terminal, await withFreePorts(settings));
    },
  });
}

function printSettings(terminal: Terminal, { found }: ConfigFound): void {
  if (terminal.wantsJson) terminal.printJson(found);
  else terminal.print(describeConfig(found));
}

/** What was wanted is so already: no mistake, and no second server on the same state. */
function tellRunning(terminal: Terminal, running: RunningServer): void {
  if (terminal.wantsJson) return terminal.printJson({ ...running, isNew: false });
  terminal.print(`Gyre runs here already, at ${running.url} (process ${running.pid}).`);
}

async function serve(terminal: Terminal, config: Config): Promise<void> {
  const stopped = stopSignal(terminal);
  const { startServer } = await import("#main");
  const system = await startServer(config);
  holdYoungGeneration();
  try {
    const server = {
      url: system.url(),
      gatewayUrl: system.gatewayUrl(),
      pid: process.pid,
      process: processIdentity,
      startedAtMs: systemClock.nowMs(),
    };
    writeServerFile(config.dir, server);
    await introduceProject(terminal, config, server.url);
    greet(terminal, config, server);
    await stopped;
  } finally {
    removeServerFile(config.dir);
    await system.stop();
  }
}

function greet(terminal: Terminal, config: Config, server: RunningServer): void {
  if (terminal.wantsJson) return terminal.printJson({ ...server, isNew: true });
  const { url, gatewayUrl } = server;
  terminal.print(terminal.paint("bold", `Gyre is up at ${url}`));
  for (const line of factLines([
    ["gateway", gatewayUrl],
    ["state", shownPath(config.dir)],
    ["mlflow", `export MLFLOW_TRACKING_URI=${url}`],
  ])) {
    terminal.print(`  ${line}`);
  }
  terminal.say("Stop it with Ctrl-C.");
}

/** The project of this folder becomes known the first time; later changes wait for `gyre apply`. */
async function introduceProject(terminal: Terminal, config: Config, url: string): Promise<void> {
  const folder = config.projectFolder;
  if (folder === undefined || config.auth === "required") return;
  const client = createClient({ url, origin: "this start", token: undefined });
  const schema = z.object({ projects: z.array(z.looseObject({ folder: z.string().nullish() })) });
  try {
    const { projects } = await client.get("/api/v1/projects", schema);
    if (projects.some((project) => project.folder === folder)) return;
    for (const line of appliedLines(await applyFolder(client, folder))) terminal.say(line);
  } catch (error) {
    // A mistake in gyre.yaml is told, and keeps nobody from looking at what there is.
    tellProblem(problemOf(error), terminal);
  }
}

/** A port that nobody asked for gives way when it is taken; one that was asked for does not. */
async function withFreePorts({ config, found }: ConfigFound): Promise<Config> {
  const isDefault = (key: string): boolean =>
    found.some((one) => one.key === key && one.origin === "default");
  const choose = async (key: "port" | "gatewayPort"): Promise<number> =>
    isDefault(key) && !(await isFree(config.host, config[key])) ? 0 : config[key];
  return { ...config, port: await choose("port"), gatewayPort: await choose("gatewayPort") };
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
