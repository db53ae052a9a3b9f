import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A new empty folder, removed when the test (or the suite, when called there) ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gyre-test-"));
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
