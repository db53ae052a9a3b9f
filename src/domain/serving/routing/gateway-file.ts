import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

const gatewayFileSchema = z.object({
  /** As of `#kernel/process-identity`. */
  process: z.string(),
  pid: z.number(),
  port: z.number(),
});

/** What a gateway that listens writes into its folder, so that a later control plane finds it. */
export type GatewayFile = z.infer<typeof gatewayFileSchema>;

export function writeGatewayFile(folder: string, file: GatewayFile): void {
  const path = join(folder, "gateway.json");
  writeFileSync(`${path}.new`, JSON.stringify(file));
  renameSync(`${path}.new`, path);
}

/** Undefined when no gateway has listened in this folder yet. */
export function readGatewayFile(folder: string): GatewayFile | undefined {
  try {
    return gatewayFileSchema.parse(JSON.parse(readFileSync(join(folder, "gateway.json"), "utf8")));
  } catch {
    return undefined;
  }
}
