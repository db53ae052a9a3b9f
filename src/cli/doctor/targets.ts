import { askTarget, readTargetSettings } from "#compute";
import type { TargetSettings } from "#compute";
import { isLoopback } from "#kernel/auth";
import type { Config } from "#kernel/config";
import { Problem } from "#kernel/errors";

import { sizeText } from "../words.ts";
import type { Finding } from "./examine.ts";

/** Whether the compute targets of the settings answer, and could reach the server. None is named: nothing to say. */
export async function examineTargets(config: Config): Promise<readonly Finding[]> {
  let settings: readonly TargetSettings[];
  try {
    settings = readTargetSettings(config.compute, config.projectFolder ?? config.dir);
  } catch (error) {
    return [failed("compute", error)];
  }
  return await Promise.all(settings.map((one) => examineTarget(one, config)));
}

async function examineTarget(settings: TargetSettings, config: Config): Promise<Finding> {
  const subject = settings.name;
  try {
    const { version, largest } = await askTarget(settings);
    const room =
      largest === undefined
        ? ""
        : ` Its largest machine has ${largest.cpus} CPUs, ${sizeText(largest.memoryBytes)} and ${largest.gpus} GPUs.`;
    if (isUnreachableFrom(settings, config)) {
      return {
        subject,
        verdict: "warn",
        sentence: `${version} answers, but its machines cannot reach this server, which listens on ${config.host} only.`,
        next: "Listen where they are (--host, with --auth required), and name that address as server_url of the target.",
      };
    }
    return { subject, verdict: "ok", sentence: `${version} answers.${room}` };
  } catch (error) {
    return failed(subject, error);
  }
}

/** A cluster on another machine calls the server back. */
function isUnreachableFrom(settings: TargetSettings, { host }: Config): boolean {
  if (settings.server_url !== undefined || !isLoopback(host)) return false;
  return settings.kind === "kubernetes" || !isLoopback(new URL(settings.url).hostname);
}

function failed(subject: string, error: unknown): Finding {
  if (!(error instanceof Problem)) throw error;
  return { subject, verdict: "fail", sentence: error.message, next: error.next };
}
