import type { Command } from "commander";
import { z } from "zod";

import { path } from "../client.ts";
import { stepSchema } from "../executions.ts";
import { printPage, printRows, section } from "../listing.ts";
import { addServerVerb } from "../server-verb.ts";
import { tableLines } from "../table.ts";
import type { Column } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { timeText } from "../words.ts";

const explanationSchema = z.looseObject({
  stage: z.string(),
  verdict: z.string(),
  sentence: z.string(),
  differences: z.array(
    z.object({
      part: z.string(),
      name: z.string(),
      before: z.string().nullable(),
      now: z.string().nullable(),
      files: z.array(z.string()).optional(),
    }),
  ),
  lastStep: z.looseObject({ execution: z.string(), atMs: z.number() }).nullable(),
});
type Explanation = z.infer<typeof explanationSchema>;

const graphSchema = z.object({
  stages: z.array(
    z.looseObject({
      name: z.string(),
      dependsOn: z.array(z.string()),
      target: z.string().nullable(),
      image: z.string().nullable(),
      last: stepSchema.nullable(),
    }),
  ),
});

export function registerWhy(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "why [stage]",
    summary: "why a stage would run now, or would not",
    arguments: { stage: "a stage; without one, all stages with what they last did" },
    examples: [
      ["gyre why", "the stages, and what each did last"],
      ["gyre why train", "what differs from the last time it ran"],
    ],
    schema: z.object({}),
    async act({ client, project, words }) {
      const [stage] = words;
      if (stage === undefined) {
        const { stages } = await client.get(path`/api/v1/projects/${project}/pipeline`, graphSchema);
        return printRows(
          terminal,
          stages,
          [
            { title: "stage", of: ({ name }) => name },
            { title: "last", of: ({ last }) => last?.state ?? "never ran" },
            { title: "when", of: ({ last }) => timeText(last?.endedAtMs ?? null) },
            ...where(stages),
            { title: "after", of: ({ dependsOn }) => dependsOn.join(", ") || "-" },
            { title: "why", of: ({ last }) => last?.reason ?? "" },
          ],
          "The pipeline has no stage.",
        );
      }
      const address = path`/api/v1/projects/${project}/pipeline/why/${stage}`;
      const { explanations } = await client.get(
        address,
        z.object({ explanations: z.array(explanationSchema) }),
      );
      printPage(
        terminal,
        explanations,
        explanations.flatMap((one) => explanationLines(terminal, one)),
      );
    },
  });
}

/** Told where it is not here for all. */
function where(stages: z.infer<typeof graphSchema>["stages"]): readonly Column<(typeof stages)[number]>[] {
  if (stages.every(({ target }) => target === null)) return [];
  const place = ({ target, image }: (typeof stages)[number]): string =>
    [target ?? "here", image ?? ""].filter((part) => part !== "").join(" ");
  return [{ title: "where", of: place }];
}

function explanationLines(terminal: Terminal, explanation: Explanation): readonly string[] {
  const { stage, verdict, sentence, differences, lastStep } = explanation;
  const wouldDo = verdict === "cached" ? "would be taken from the cache" : "would run";
  const compared =
    lastStep === null ? [] : [`compared with ${lastStep.execution}, ${timeText(lastStep.atMs)}`];
  const table = tableLines(differences, [
    { title: "part", of: ({ part }) => part },
    { title: "name", of: ({ name }) => name || "-" },
    { title: "before", of: ({ before, now }) => shortened(before, now) },
    { title: "now", of: ({ before, now }) => shortened(now, before) },
  ]);
  return [
    `${terminal.paint("bold", stage)} ${wouldDo}: ${sentence}`,
    ...compared.map((line) => `  ${line}`),
    ...section(terminal, "Differs", differences.length === 0 ? [] : table),
    ...differences.flatMap(({ name, files = [] }) =>
      files.slice(0, 20).map((file) => `  in ${name}: ${file}`),
    ),
  ];
}

const longest = 40;

/** Long texts are shown around the place where they begin to differ. */
function shortened(text: string | null, other: string | null): string {
  if (text === null) return "-";
  if (/^[0-9a-f]{64}$/.test(text)) return text.slice(0, 12);
  if (text.length <= longest || other === null) return text.slice(0, longest);
  const differsAt = [...text].findIndex((sign, index) => sign !== other[index]);
  const start = Math.max(0, Math.min(differsAt - 12, text.length - longest));
  return `${start > 0 ? "…" : ""}${text.slice(start, start + longest)}`;
}
