import type { StepName } from "./arguments.ts";
import type { Check } from "./checks.ts";

/** What a step consists of: checks first, then test files. */
export interface Step {
  readonly name: StepName;
  readonly title: string;
  readonly checks: readonly Check[];
  readonly files?: TestFiles;
}

/** What test files use that is no part of the repository. */
export type Need = "postgres" | "chromium" | "moto";

export interface TestFiles {
  readonly globs: readonly string[];
  readonly except?: readonly string[];
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly needs?: readonly Need[];
}

const minuteMs = 60_000;
// Each starts a cluster of its own, and fills the machine with its steps.
const clusters = [
  "src/domain/compute/targets/ray/ray.test.ts",
  "src/domain/compute/targets/kubernetes/kubernetes.test.ts",
];

export const steps: readonly Step[] = [
  {
    name: "types",
    title: "Types",
    checks: [
      { name: "types", command: ["tsc", "--noEmit", ...remembering("types")] },
      { name: "types of the web UI", command: ["tsc", "--noEmit", "-p", "web", ...remembering("web-types")] },
    ],
  },
  {
    name: "lint",
    title: "Lint and format",
    checks: [
      { name: "lint", command: ["oxlint"] },
      { name: "format", command: ["oxfmt", "--check"] },
    ],
  },
  {
    name: "unit",
    title: "Unit tests, on both databases",
    checks: [],
    files: {
      globs: ["src/**/*.test.ts", "tools/**/*.test.ts", "bench/**/*.test.ts", "docs/**/*.test.ts"],
      except: clusters,
      concurrency: 2,
      timeoutMs: 5 * minuteMs,
      needs: ["postgres", "moto"],
    },
  },
  {
    name: "web",
    title: "Web UI",
    checks: [
      { name: "build of the web UI and of the program", command: ["npm", "run", "--silent", "build"] },
    ],
    files: {
      globs: ["web/src/**/*.test.ts", "web/test/**/*.test.ts"],
      except: ["web/test/pages.test.ts"],
      concurrency: 2,
      timeoutMs: 2 * minuteMs,
    },
  },
  {
    name: "journeys",
    title: "End to end, and with processes killed",
    checks: [],
    files: {
      globs: ["journeys/**/*.test.ts", "chaos/**/*.test.ts", ...clusters],
      except: ["journeys/browser/**"],
      // Each story is a server, a gateway and Python steps already: two at once would only measure each other.
      concurrency: 1,
      timeoutMs: 20 * minuteMs,
      needs: ["postgres", "moto"],
    },
  },
  {
    name: "browser",
    title: "In a real browser",
    checks: [],
    files: {
      globs: ["web/test/pages.test.ts", "journeys/browser/**/*.test.ts"],
      concurrency: 1,
      timeoutMs: 15 * minuteMs,
      needs: ["chromium"],
    },
  },
];

/** What the type checker learnt of files that have not changed since: an eighth of the work the next time. */
function remembering(name: string): readonly string[] {
  return ["--incremental", "--tsBuildInfoFile", `node_modules/.cache/${name}.tsbuildinfo`];
}
