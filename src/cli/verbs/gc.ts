import type { Command } from "commander";
import { z } from "zod";

import { connect } from "../client.ts";
import { printPage } from "../listing.ts";
import { serverOptions } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb } from "../verb.ts";
import { countText, durationText, sizeText, timeText } from "../words.ts";

const tallySchema = z.object({ blobs: z.number(), bytes: z.number() });
const collectionSchema = z.looseObject({
  isDryRun: z.boolean(),
  graceMs: z.number(),
  inUse: tallySchema,
  young: tallySchema,
  garbage: tallySchema,
  removed: tallySchema,
  oldestAtMs: z.number().nullable(),
  unreadable: z.array(z.object({ digest: z.string(), holder: z.string() })),
});
type Collected = z.infer<typeof collectionSchema>;

const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

const graceSchema = z
  .string()
  .regex(/^(0|\d{1,6}[mhd])$/, "a time such as 14d, 48h, or 0")
  .transform((text) => Number.parseInt(text, 10) * (unitsMs[text.at(-1) ?? ""] ?? 0));

export function registerGc(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, {
    usage: "gc",
    summary: "remove stored content that nothing refers to any more",
    examples: [
      ["gyre gc --dry-run", "what would go, and how much that is"],
      ["gyre gc", "now, and not only tonight"],
      ["gyre gc --grace 0 --while-nobody-writes", "all of it, on a server that nobody uses at the moment"],
    ],
    options: [
      { flags: "--dry-run", says: "remove nothing, only say what would go" },
      {
        flags: "--grace <time>",
        says: "how long content stays after it was stored last (as the server is set)",
      },
      {
        flags: "--while-nobody-writes",
        says: "allow a grace of less than two days: nobody stores anything now",
      },
      { flags: "--accept-missing", says: "go on although the listing of a folder in use is lost" },
      ...serverOptions,
    ],
    schema: z.object({
      dryRun: z.boolean().default(false),
      grace: graceSchema.optional(),
      whileNobodyWrites: z.boolean().default(false),
      acceptMissing: z.boolean().default(false),
      url: z.string().optional(),
    }),
    async act({ options }) {
      const collected = await connect(options.url).send(
        "POST",
        "/api/v1/storage/collections",
        collectionSchema,
        {
          isDryRun: options.dryRun,
          graceMs: options.grace,
          whileNobodyWrites: options.whileNobodyWrites,
          acceptMissing: options.acceptMissing,
        },
      );
      printPage(terminal, collected, lines(collected));
    },
  });
}

function lines(collected: Collected): string[] {
  const { isDryRun, graceMs, garbage, removed, inUse, young, oldestAtMs, unreadable } = collected;
  const gone = isDryRun ? garbage : removed;
  const [lost] = unreadable;
  return [
    `${isDryRun ? "Would remove" : "Removed"} ${tallyText(gone)}.`,
    ...(oldestAtMs === null ? [] : [`The oldest of it was stored last on ${timeText(oldestAtMs)}.`]),
    `${tallyText(inUse)} are in use.`,
    `${tallyText(young)} are not, and were stored within ${graceMs === 0 ? "no time" : durationText(graceMs)}: they stay until then.`,
    ...(lost === undefined
      ? []
      : [`The listing ${lost.digest} of a folder that ${lost.holder} refers to is lost.`]),
  ];
}

function tallyText({ blobs, bytes }: { readonly blobs: number; readonly bytes: number }): string {
  return `${countText(blobs, "blob")} (${sizeText(bytes)})`;
}
