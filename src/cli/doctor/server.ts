import { createServer } from "node:net";

import type { Config } from "#kernel/config";

import { findServerFile, readServerFile } from "../server-file.ts";
import type { RunningServer } from "../server-file.ts";
import type { Finding } from "./examine.ts";

/** Whether `gyre up` could listen where it would; ports of our own running server are as they should be. */
export async function examinePorts(config: Config): Promise<Finding> {
  const running = runningServer(config);
  const ours = running === undefined ? [] : [portOf(running.url), portOf(running.gatewayUrl)];
  const wanted = [config.port, config.gatewayPort].filter((port) => port !== 0 && !ours.includes(port));
  const taken: string[] = [];
  for (const port of wanted) {
    const reason = await whyNotListen(config.host, port);
    if (reason !== undefined) taken.push(`${port} (${reason})`);
  }
  if (taken.length > 0) {
    return {
      subject: "ports",
      verdict: "warn",
      sentence: `Cannot listen on ${taken.join(" and ")}.`,
      next: "Choose others: gyre up --port 0 --gateway-port 0 (0 takes any free one)",
    };
  }
  const sentence =
    wanted.length === 0
      ? "The running server has its ports."
      : `${wanted.join(" and ")} ${wanted.length === 1 ? "is" : "are"} free.`;
  return { subject: "ports", verdict: "ok", sentence };
}

// A busy server is not a missing one.
const answerWithinMs = 10_000;
const largestSkewMs = 5_000;

export async function examineServer(config: Config): Promise<Finding> {
  const subject = "server";
  const running = runningServer(config);
  const url = config.url ?? running?.url;
  if (url === undefined) {
    return { subject, verdict: "warn", sentence: "No server runs for this folder.", next: "gyre up" };
  }
  try {
    const response = await fetch(new URL("/api/v1/health", url), {
      signal: AbortSignal.timeout(answerWithinMs),
    });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const skewMs = Math.abs(Date.parse(response.headers.get("date") ?? "") - Date.now());
    if (skewMs > largestSkewMs) {
      return {
        subject,
        verdict: "warn",
        sentence: `${url} answers, but its clock and this one differ by ${Math.round(skewMs / 1_000)} s.`,
        next: "Set both by a time server (NTP).",
      };
    }
    return { subject, verdict: "ok", sentence: `${url} answers.` };
  } catch (error) {
    const reason =
      error instanceof Error
        ? error.cause instanceof Error
          ? error.cause.message
          : error.message
        : String(error);
    return {
      subject,
      verdict: "fail",
      sentence: `${url} does not answer: ${reason}.`,
      next: config.url === undefined ? "Stop it and start it again: gyre up" : "Check GYRE_URL.",
    };
  }
}

function runningServer(config: Config): RunningServer | undefined {
  return readServerFile(config.dir) ?? findServerFile(process.cwd());
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function whyNotListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === "EADDRINUSE" ? "in use" : error.code === "EACCES" ? "not allowed" : error.message,
      ),
    );
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
