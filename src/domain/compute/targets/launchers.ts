import { readFileSync } from "node:fs";

import type { Capabilities } from "./contract.ts";
import type { Launcher } from "./far/performer.ts";
import { createKubernetesClient } from "./kubernetes/client.ts";
import { readConnection } from "./kubernetes/connection.ts";
import { createKubernetesLauncher } from "./kubernetes/launcher.ts";
import { createRayClient } from "./ray/client.ts";
import { createRayLauncher } from "./ray/launcher.ts";
import type { TargetSettings } from "./settings.ts";

/** The launcher for the settings of a target. What cannot be read is told by the first call, not here. */
export function createFarLauncher(
  settings: TargetSettings,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Launcher {
  if (settings.kind === "ray") {
    const token =
      settings.token_file === undefined
        ? variables["RAY_AUTH_TOKEN"]
        : readFileSync(settings.token_file, "utf8").trim();
    const client = createRayClient({ name: settings.name, url: settings.url, token });
    return createRayLauncher(client, { canGrow: settings.can_grow, platform: settings.platform ?? null });
  }
  const connect = () => readConnection(settings, variables);
  return createKubernetesLauncher(createKubernetesClient(settings.name, connect), settings);
}

/** Asks a target what it has, without a server. Throws `target_unavailable`, `target_invalid`. */
export async function askTarget(settings: TargetSettings): Promise<Capabilities> {
  return await createFarLauncher(settings).capabilities();
}
