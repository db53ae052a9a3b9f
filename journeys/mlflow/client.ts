import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { z } from "zod";

const tale = z.object({
  name: z.string(),
  seen: z.unknown().optional(),
  failed: z.string().optional(),
  seconds: z.number(),
});

/** What came of one scenario: what it saw, or the traceback of its failure. */
export type Tale = z.output<typeof tale>;

interface Play {
  readonly interpreter: string;
  readonly url: string;
  readonly scenarios: readonly string[];
  readonly timeoutMs: number;
}

/** Plays scenarios in one process of the unmodified client, which takes seconds to load, in an empty home. */
export async function playScenarios(play: Play): Promise<ReadonlyMap<string, Tale>> {
  const home = await mkdtemp(join(tmpdir(), "gyre-client-"));
  try {
    const { stdout, stderr } = await runToEnd(play, home);
    const lines = stdout.split("\n").filter((line) => line.startsWith('{"name"'));
    const tales = lines.map((line) => tale.parse(JSON.parse(line)));
    if (tales.length < play.scenarios.length)
      throw new Error(`The client ended early:\n${stderr.slice(-3_000)}`);
    return new Map(tales.map((one) => [one.name, one]));
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

function runToEnd(play: Play, home: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { interpreter, url, scenarios } = play;
  const script = join(import.meta.dirname, "scenarios", "play.py");
  const child = spawn(interpreter, [script, url, ...scenarios], {
    cwd: home,
    env: {
      HOME: home,
      // `mlflow models serve` starts its server by name.
      PATH: `${dirname(interpreter)}:${process.env["PATH"] ?? ""}`,
      // A refusal must be seen at once, not after minutes of asking again.
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
      MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: "false",
      // It would ask the package index for news.
      MLFLOW_DISABLE_TELEMETRY: "true",
      GIT_PYTHON_REFRESH: "quiet",
      PYTHONDONTWRITEBYTECODE: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: play.timeoutMs,
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (said[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(said));
  });
}
