import type { Capabilities } from "../contract.ts";
import { farName } from "../far/performer.ts";
import type { Launcher, Start } from "../far/performer.ts";
import type { Inspection } from "../performer.ts";
import type { Resources } from "../resources.ts";
import type { RayClient, RayNode, RayStatus } from "./client.ts";

/** Work as jobs of a Ray cluster. Our program is the job's entry point; what it starts may use Ray itself. */
export function createRayLauncher(
  client: RayClient,
  options: { readonly canGrow: boolean; readonly platform: string | null },
): Launcher {
  return {
    kind: "ray",
    images: null,
    async capabilities(): Promise<Capabilities> {
      const [version, nodes, interpreter] = await Promise.all([
        client.version(),
        client.nodes(),
        client.pythonVersion(),
      ]);
      return {
        kind: "ray",
        version: `Ray ${version}`,
        largest: largestOf(nodes),
        canGrow: options.canGrow,
        canUseImages: false,
        platform: options.platform,
        interpreter: interpreter ?? null,
        canPreempt: true,
      };
    },
    async launch({ work, command, variables }) {
      const { resources } = work.spec;
      await client.submit({
        submission_id: farName(work),
        entrypoint: entrypointOf({ command, variables }),
        entrypoint_num_cpus: resources.cpus,
        entrypoint_num_gpus: resources.gpus,
        entrypoint_memory: resources.memoryBytes,
        metadata: {
          job_name: work.order.label,
          gyre_owner: work.order.owner,
          gyre_project: work.order.project,
        },
      });
    },
    inspect: async (work) => inspectionOf(await client.status(farName(work))),
    stop: async (work) => await client.stop(farName(work)),
    // Ray keeps what ended as long as the cluster lives, and people look at it there.
    remove: async () => {},
  };
}

/**
 * The variables stand before the command and not in the job's runtime environment, because every task that
 * the user's own code starts on the cluster would inherit that, and with it the token.
 */
function entrypointOf({ command, variables }: Pick<Start, "command" | "variables">): string {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`);
  return `exec env ${[...assignments, ...command.map(quote)].join(" ")}`;
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function inspectionOf(status: RayStatus | undefined): Inspection {
  if (status === undefined) return { phase: "absent", reason: "Ray does not know the job any more." };
  const message = (status.message ?? "").trim();
  switch (status.status) {
    case "PENDING":
      return {
        phase: "waiting",
        reason: `It waits in Ray: ${sentence(message, "the cluster has no room for it yet.")}`,
      };
    case "RUNNING":
      return { phase: "running", reason: "Ray has started it." };
    case "STOPPED":
      return { phase: "ended", reason: "it was stopped in Ray." };
    case "SUCCEEDED":
      return { phase: "ended", reason: "its process ended without a report." };
    case "FAILED":
      return {
        phase: "ended",
        reason: sentence(message, "Ray says that it failed, and not why."),
        wasTakenAway: /preempt|drain/i.test(message),
      };
  }
}

function sentence(text: string, otherwise: string): string {
  if (text === "") return otherwise;
  const first = text.split("\n")[0] ?? "";
  return `${first.slice(0, 400).replace(/\.$/, "")}.`;
}

/** The most that one job can get: its entry point runs on one machine. */
function largestOf(nodes: readonly RayNode[]): Resources | undefined {
  if (nodes.length === 0) return undefined;
  const most = (name: string): number => Math.max(...nodes.map((node) => node.resources_total[name] ?? 0));
  return { cpus: most("CPU"), memoryBytes: most("memory"), gpus: most("GPU") };
}
