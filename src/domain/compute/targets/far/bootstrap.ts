import { readFileSync } from "node:fs";
import { join } from "node:path";

import { digestOf } from "#kernel/digest";
import type { Digest } from "#kernel/digest";

/** The program that runs a piece of work elsewhere. */
export interface Bootstrap {
  readonly text: string;
  readonly digest: Digest;
}

export function readBootstrap(): Bootstrap {
  const text = parts
    .map((part) => readFileSync(join(import.meta.dirname, "bootstrap", `${part}.py`), "utf8"))
    .join("\n\n");
  return { text, digest: digestOf(text) };
}

const parts = ["server", "files", "environment", "commands", "main"];

/**
 * The variables and the command by which a machine elsewhere gets the program and begins. The command names
 * the digest of the program, so that a machine runs what this server meant, over whatever line it came.
 */
export function startOf(
  bootstrap: Bootstrap,
  work: { readonly id: string; readonly token: string; readonly serverUrl: string },
): { readonly variables: Readonly<Record<string, string>>; readonly command: readonly string[] } {
  return {
    variables: {
      GYRE_WORK_SERVER: work.serverUrl.replace(/\/+$/, ""),
      GYRE_WORK_ID: work.id,
      GYRE_WORK_TOKEN: work.token,
      GYRE_WORK_PROGRAM: bootstrap.digest,
      PYTHONUNBUFFERED: "1",
    },
    command: ["python3", "-c", loader],
  };
}

// Tries for two minutes, because a server may be starting anew just then.
const loader = `
import hashlib, os, sys, time, urllib.request
server, digest = os.environ["GYRE_WORK_SERVER"], os.environ["GYRE_WORK_PROGRAM"]
for attempt in range(60):
    try:
        program = urllib.request.urlopen(server + "/api/v1/compute/bootstrap/" + digest, timeout=30).read()
        break
    except OSError as error:
        print("gyre: the server", server, "does not answer:", error, file=sys.stderr)
        if getattr(error, "code", None) == 404 or attempt == 59: sys.exit(90)
        time.sleep(2)
if hashlib.sha256(program).hexdigest() != digest: sys.exit("gyre: the program that came is another one")
exec(compile(program, "gyre-work", "exec"), {"__name__": "__main__"})
`.trim();
