import { createCompute } from "#compute";
import { choiceOf, parseDomain } from "#objectives";
import type { SearchDomain, SearchValue, StudyDeclaration } from "#objectives";
import type { Tracking } from "#tracking";

import { createStudyPorts } from "../../../study-ports.ts";
import { openTestProject } from "../test-project.ts";
import type { Files, TestKernelParts, TestProject } from "../test-project.ts";
import type { Study } from "./entities.ts";
import { createStudies } from "./module.ts";
import type { Studies } from "./module.ts";

export interface StudyProject extends TestProject {
  readonly studies: Studies;
  readonly tracking: Tracking;
  /** Starts a study; what is not said is one trial after another, at random. */
  readonly begin: (
    space: Readonly<Record<string, string | readonly SearchValue[]>>,
    rest?: Partial<StudyDeclaration>,
  ) => Promise<Study>;
}

/** For tests: studies over one project in `projectFolder`, with real pipelines and tracking. */
export function openStudyProject(kernel: TestKernelParts, projectFolder: string): StudyProject {
  const project = openTestProject(kernel, projectFolder);
  const { pipelines, tracking } = project;
  const { runs } = createStudyPorts({
    objectives: { getCharter: () => Promise.reject(new Error("the project has no charter")) },
    tracking,
  });
  const studies = createStudies({
    ...kernel,
    compute: createCompute({ clock: kernel.clock, cacheFolder: kernel.folder }),
    pipelines,
    projects: {
      getProject: async (id) => ({ id, folder: projectFolder, pipeline: { file: "dvc.yaml" }, python: null }),
    },
    datasets: { resolve: async () => [] },
    runs,
    declared: async () => ({}),
    stateFolder: kernel.folder,
  });
  return {
    ...project,
    studies,
    begin: async (space, rest) =>
      await studies.commands.startStudy({
        project: "p",
        name: "tune",
        actor: "usr_a",
        declaration: { ...defaults, space: domainsOf(space), ...rest },
      }),
  };
}

const defaults: Omit<StudyDeclaration, "space"> = {
  objectives: [{ metric: "loss", goal: "minimize" }],
  sampler: "random",
  trials: 5,
  parallel: 1,
  pruning: null,
  targets: [],
  seed: 1,
  maximumFailures: 3,
};

function domainsOf(
  written: Readonly<Record<string, string | readonly SearchValue[]>>,
): Readonly<Record<string, SearchDomain>> {
  return Object.fromEntries(
    Object.entries(written).map(([name, domain]) => {
      const read = typeof domain === "string" ? parseDomain(domain) : choiceOf(domain);
      if ("refusal" in read) throw new Error(read.refusal);
      return [name, read];
    }),
  );
}

/** loss = (x − 2)² + y; it fails where y is below 0, and waits `seconds` before. */
export const parabola = (seconds = 0): Files => ({
  "dvc.yaml": `
stages:
  prepare:
    cmd: cp raw.txt clean.txt
    deps: [raw.txt]
    outs: [clean.txt]
  score:
    cmd: sh score.sh
    deps: [score.sh, clean.txt]
    params: [x, y]
    metrics: [{metrics.json: {cache: false}}]
`,
  "params.yaml": "x: 0\ny: 0\nunused: 1\n",
  "raw.txt": "hello",
  "score.sh": `sleep ${seconds}
x=$(sed -n 's/^x: //p' params.yaml); y=$(sed -n 's/^y: //p' params.yaml)
awk -v x="$x" -v y="$y" 'BEGIN { if (y < 0) exit 1; printf "{\\"loss\\": %.12f, \\"size\\": %.12f}", (x - 2) ^ 2 + y, x }' > metrics.json
`,
});
