import { generate } from "./generated.ts";
import { metrics } from "./metrics.ts";
import type { ProjectFile } from "./project-file.ts";
import { percentText } from "./scalars.ts";

/** A heading and its lines, as `gyre check` prints them and the UI shows them. */
export interface DescribedSection {
  readonly heading: string;
  readonly lines: readonly string[];
}

/** What a project file generates, in plain English; sections without anything in them are left out. */
export function describe(projectFile: ProjectFile): readonly DescribedSection[] {
  const { gates, decisionRule, monitors, retrainingPolicy, rolloutPlans } = generate(projectFile);
  const sections: DescribedSection[] = [
    { heading: "Objective", lines: objectiveLines(projectFile) },
    {
      heading: "Gates: a release must pass all of them",
      lines: gates.map(({ sentence, source }) => `${sentence} (line ${source.line})`),
    },
    { heading: "Decision", lines: decisionRule === null ? [] : [decisionRule.sentence] },
    {
      heading: "Release",
      lines: projectFile.model === null ? [] : rolloutPlans.map(({ sentence }) => sentence),
    },
    {
      heading: `Monitors: together at most ${falseAlarmText(projectFile)}, so ${alphaText(monitors[0]?.alpha ?? 0)} each`,
      lines: projectFile.model === null ? [] : monitors.map(({ sentence }) => sentence),
    },
    { heading: "Retraining", lines: retrainingPolicy === null ? [] : [retrainingPolicy.sentence] },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

/** The sections as the lines of a terminal. */
export function describeAsText(projectFile: ProjectFile): string {
  const sections = describe(projectFile).map(({ heading, lines }) =>
    [heading, ...lines.map((line) => `  - ${line}`)].join("\n"),
  );
  return [`Project ${projectFile.project}`, ...sections].join("\n\n");
}

/** A file or folder that the project file points to. */
export interface ReferencedFile {
  /** Relative to the project's folder. */
  readonly path: string;
  /** Where it is named: `data.messages.contract`. */
  readonly named: string;
  /** `output`: the pipeline writes it, so it need not be there yet. */
  readonly kind: "input" | "output";
}

/** What `gyre check` looks for beside the project file. */
export function referencedFiles({
  objective,
  data,
  pipeline,
  python,
  model,
}: ProjectFile): readonly ReferencedFile[] {
  const named: (readonly [string, string | null, ReferencedFile["kind"]])[] = [
    ["objective.baseline", objective?.baseline ?? null, "input"],
    [
      "objective.kpi.source.csv",
      objective?.kpi?.source.kind === "csv" ? objective.kpi.source.text : null,
      "input",
    ],
    ...Object.entries(data).flatMap(([name, dataset]) => [
      [`data.${name}.source.file`, dataset.source.path, "input"] as const,
      [`data.${name}.contract`, dataset.contract, "input"] as const,
    ]),
    ["pipeline", pipeline?.kind === "file" ? pipeline.path : null, "input"],
    ["python.requirements", python.requirements, "input"],
    ["model.path", model?.path ?? null, "output"],
    ["model.holdout", model?.holdout ?? null, "output"],
  ];
  return named.flatMap(([name, path, kind]) => (path === null ? [] : [{ path, named: name, kind }]));
}

function objectiveLines({ objective }: ProjectFile): string[] {
  if (objective === null) return [];
  const { decision, task, target, kpi, costs, timeBox, budget } = objective;
  const goal =
    kpi?.target === null || kpi === null ? "" : `, wanted ${kpi.target.comparison} ${kpi.target.threshold}`;
  return [
    decision,
    `A ${task} of ${target}.`,
    ...(kpi === null ? [] : [`KPI ${kpi.name}${kpi.now === null ? "" : `: now ${kpi.now}`}${goal}.`]),
    ...(costs === null
      ? []
      : [
          `Errors are counted as ${metrics.expected_cost.name.toLowerCase().replace("the ", "")}, in ${costs.currency}.`,
        ]),
    ...(timeBox === null ? [] : [`On ${timeBox} somebody decides: extend, stop or ship.`]),
    ...(budget === null ? [] : [`Budget: ${budget.amount} ${budget.currency}.`]),
  ];
}

function falseAlarmText({ monitoring }: ProjectFile): string {
  const { count, period } = monitoring.falseAlarms;
  return `${count} false ${count === 1 ? "alarm" : "alarms"} per ${period}`;
}

function alphaText(alpha: number): string {
  return percentText(Number(alpha.toPrecision(2)));
}
