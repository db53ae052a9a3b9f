import { parseArgs } from "node:util";

import { createTraceGenerator } from "./generate-traces.ts";
import { createGenerator } from "./generate.ts";
import { createRandom } from "./random.ts";
import { createTwin } from "./twin.ts";
import type { Told, Twin } from "./twin.ts";

/** What the questions are about. */
export type About = "tracking" | "traces";

/** Asks both servers so many generated questions; gives those that were answered differently without a reason. */
export async function askGenerated(
  twin: Twin,
  { seed, requests, about }: { readonly seed: number; readonly requests: number; readonly about: About },
): Promise<readonly Told[]> {
  const generator =
    about === "traces" ? createTraceGenerator(createRandom(seed)) : createGenerator(createRandom(seed));
  const different: Told[] = [];
  for (let asked = 0; asked < requests; asked += 1) {
    const told = await twin.ask(generator.next());
    generator.hear(told);
    if (told.differences.length > 0) different.push(told);
  }
  return different;
}

export function describeTold({ question, differences }: Told): string {
  const asked = `${question.method} ${question.path}\n  ${question.body?.toString().slice(0, 600) ?? ""}`;
  const show = (value: unknown): string => (JSON.stringify(value) ?? "absent").slice(0, 400);
  const lines = differences.map(
    (one) => `  ${one.where}\n    ours   ${show(one.ours)}\n    theirs ${show(one.theirs)}`,
  );
  return [asked, ...lines].join("\n");
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      ours: { type: "string" },
      theirs: { type: "string" },
      requests: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      traces: { type: "boolean", default: false },
    },
  });
  const twin = createTwin(values.ours ?? "", values.theirs ?? "");
  const different = await askGenerated(twin, {
    seed: Number(values.seed),
    requests: Number(values.requests),
    about: values.traces ? "traces" : "tracking",
  });
  for (const told of different) console.log(describeTold(told));
  console.log(
    `${values.requests} questions of seed ${values.seed}, ${different.length} answered differently.`,
  );
}
