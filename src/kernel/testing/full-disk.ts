import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A small file system of its own that a test can fill. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves no room at all. */
  fill(): Promise<void>;
  makeRoom(): Promise<void>;
  makeReadOnly(): void;
}

/** Undefined where mounting is not allowed (it needs root). Unmounted when the test ends. */
export async function fullDisk(sizeBytes: number): Promise<SmallDisk | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "gyre-disk-"));
  const mounted =
    spawnSync("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", folder]).status === 0;
  after(async () => {
    if (mounted) spawnSync("umount", ["-l", folder]);
    await rm(folder, { recursive: true, force: true });
  });
  if (!mounted) return undefined;
  const ballast = join(folder, "ballast");
  return {
    folder,
    fill: async () => await writeFile(ballast, Buffer.alloc(sizeBytes)).catch(() => {}),
    makeRoom: async () => await rm(ballast),
    makeReadOnly: () => void spawnSync("mount", ["-o", "remount,ro", folder]),
  };
}
