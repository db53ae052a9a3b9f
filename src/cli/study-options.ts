import { z } from "zod";

import { Problem } from "#kernel/errors";

import { problems } from "./problems.ts";

const counted = z.coerce.number().int().min(0).optional();

/** What describes a study on the command line: the same keys as under `studies:` of gyre.yaml. */
export const startOptions = {
  options: [
    {
      flags: "--space <parameter=domain>",
      says: "float(a,b[,step]), log(a,b), int(a,b[,step]), logint(a,b) or choice(a,b,…); may be repeated",
      isRepeated: true,
    },
    { flags: "--maximize <metric>", says: "a metric to make great; may be repeated", isRepeated: true },
    { flags: "--minimize <metric>", says: "a metric to make small; may be repeated", isRepeated: true },
    { flags: "--trials <n>", says: "how many trials (50; of a grid all points)" },
    { flags: "--parallel <n>", says: "how many at once (1)" },
    { flags: "--sampler <name>", says: "grid, random or tpe (tpe)" },
    { flags: "--prune <rule>", says: "asha or median: end trials early that fall behind" },
    {
      flags: "--prune-metric <metric>",
      says: "the metric logged with steps; otherwise that of the objective",
    },
    { flags: "--target <stage>", says: "what each trial runs; may be repeated", isRepeated: true },
    { flags: "--seed <n>", says: "repeats the same choices (0)" },
    { flags: "--max-failures <n>", says: "end the study when so many trials failed (5)" },
    { flags: "--detach", says: "do not wait for the end" },
  ],
  schema: z.object({
    space: z.array(z.string()).default([]),
    maximize: z.array(z.string()).default([]),
    minimize: z.array(z.string()).default([]),
    trials: counted,
    parallel: counted,
    sampler: z.string().optional(),
    prune: z.string().optional(),
    pruneMetric: z.string().optional(),
    target: z.array(z.string()).default([]),
    seed: counted,
    maxFailures: counted,
    detach: z.boolean().default(false),
  }),
};

type StartOptions = z.infer<typeof startOptions.schema>;

/** The study that the options describe, as a request; undefined where only its name was given. */
export function askedStudy(options: StartOptions): Record<string, unknown> | undefined {
  const {
    space,
    maximize,
    minimize,
    trials,
    parallel,
    sampler,
    prune,
    pruneMetric,
    target,
    seed,
    maxFailures,
  } = options;
  const written = {
    ...(space.length === 0 ? {} : { space: Object.fromEntries(space.map(splitDomain)) }),
    ...(maximize.length === 0 ? {} : { maximize }),
    ...(minimize.length === 0 ? {} : { minimize }),
    ...(trials === undefined ? {} : { trials }),
    ...(parallel === undefined ? {} : { parallel }),
    ...(sampler === undefined ? {} : { sampler }),
    ...(prune === undefined
      ? {}
      : { prune: pruneMetric === undefined ? prune : { rule: prune, metric: pruneMetric } }),
    ...(target.length === 0 ? {} : { targets: target }),
    ...(seed === undefined ? {} : { seed }),
    ...(maxFailures === undefined ? {} : { max_failures: maxFailures }),
  };
  return Object.keys(written).length === 0 ? undefined : written;
}

function splitDomain(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals).trim(), text.slice(equals + 1)];
  throw new Problem(problems.call_invalid, {
    message: `"${text}" names no parameter.`,
    next: 'Write it as in: --space "lr=log(1e-5, 1e-1)"',
  });
}
