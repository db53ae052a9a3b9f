import { openSync, closeSync, writeSync } from "node:fs";

import type { Command } from "commander";
import { z } from "zod";

import { readConfig } from "#kernel/config";
import { Problem } from "#kernel/errors";
import { verifyEvents } from "#kernel/events";

import { path } from "../client.ts";
import { exampleText } from "../help.ts";
import { readExport, readLedger } from "../ledger-file.ts";
import type { LedgerLine } from "../ledger-file.ts";
import { printRows } from "../listing.ts";
import { problems } from "../problems.ts";
import { shownPath } from "../project.ts";
import { addServerVerb } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { addVerb } from "../verb.ts";
import { countText, timeText } from "../words.ts";

export function registerAudit(program: Command, terminal: Terminal): void {
  const audit = program
    .command("audit")
    .description("read the ledger, verify its hash chain")
    .addHelpText("before", () =>
      exampleText(terminal, [
        ["gyre audit", "what happened, the newest first"],
        ["gyre audit verify", "check the hash chain, without the server"],
      ]),
    )
    .copyInheritedSettings(program);
  addList(audit, terminal);
  addVerify(audit, terminal);
}

const eventSchema = z.looseObject({
  seq: z.number(),
  atMs: z.number(),
  actor: z.string(),
  actorName: z.string(),
  kind: z.string(),
  subject: z.string(),
  data: z.unknown(),
});

function addList(audit: Command, terminal: Terminal): void {
  addServerVerb(audit, terminal, {
    usage: "list",
    isDefault: true,
    summary: "list what happened, the newest first",
    examples: [
      ["gyre audit list --kind release.approved", "who approved what"],
      ["gyre audit list --subject rel_01k…", "everything that happened to one thing"],
    ],
    options: [
      { flags: "--kind <kind>", says: "only this kind of event, such as release.approved", isRepeated: true },
      { flags: "--subject <id>", says: "only what happened to this thing" },
      { flags: "--actor <id>", says: "only what this person, service or system did" },
      { flags: "--before <seq>", says: "only events before this one" },
      { flags: "--limit <count>", says: "how many (50)" },
    ],
    schema: z.object({
      kind: z.array(z.string()).default([]),
      subject: z.string().optional(),
      actor: z.string().optional(),
      before: z.string().optional(),
      limit: z.string().regex(/^\d+$/, "a whole number").default("50"),
    }),
    async act({ client, project, options }) {
      const { kind, ...rest } = options;
      const query = new URLSearchParams(
        Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined),
      );
      if (kind.length > 0) query.set("kinds", kind.join(","));
      const address = `${path`/api/v1/projects/${project}/events`}?${query}`;
      const { events } = await client.get(address, z.object({ events: z.array(eventSchema) }));
      printRows(
        terminal,
        events,
        [
          { title: "seq", of: ({ seq }) => String(seq), isNumber: true },
          { title: "when", of: ({ atMs }) => timeText(atMs) },
          { title: "who", of: ({ actorName }) => actorName },
          { title: "what", of: ({ kind: text }) => text },
          { title: "subject", of: ({ subject }) => subject },
          { title: "data", of: ({ data }) => JSON.stringify(data).slice(0, 80) },
        ],
        "There is no such event.",
      );
    },
  });
}

function addVerify(audit: Command, terminal: Terminal): void {
  addVerb(audit, terminal, {
    usage: "verify [file]",
    summary: "check the hash chain of the ledger, without the server",
    arguments: { file: "an export to check in place of the database" },
    examples: [
      ["gyre audit verify", "the database of this folder, whether the server runs or not"],
      ["gyre audit verify --export ledger.jsonl", "and write every event with its hash to a file"],
      [
        "gyre audit verify ledger.jsonl --head 812:3f2a…",
        "an export, and that it still holds a head noted earlier",
      ],
    ],
    options: [
      { flags: "--export <file>", says: "write the events as JSON lines, to keep elsewhere" },
      { flags: "--head <seq:hash>", says: "a head printed earlier; it must still be in the chain" },
      { flags: "--dir <folder>", says: "the folder of the state (.gyre)" },
    ],
    schema: z.object({
      export: z.string().optional(),
      head: z
        .string()
        .regex(/^\d+:[0-9a-f]{8,64}$/, "what this command printed as the head, SEQ:HASH")
        .optional(),
      dir: z.string().optional(),
    }),
    async act({ options, words }) {
      const [file] = words;
      const source = file ?? databaseLocation(options.dir);
      const pieces = file === undefined ? readLedger(source) : readExport(source);
      const head = await verify(pieces, options.export, options.head);
      if (terminal.wantsJson) return terminal.printJson({ verified: true, events: head.seq, head });
      terminal.print(`The chain holds: ${countText(head.seq, "event")} in ${shownSource(source)}.`);
      terminal.print(`Head ${head.seq}:${head.hash}`);
      terminal.say(
        "Keep the head elsewhere: a chain cut off at its end still holds, but no longer has its head.",
      );
    },
  });
}

interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** Goes through the whole chain once. Throws `ledger_broken` at the first event that does not fit. */
async function verify(
  pieces: AsyncIterable<readonly LedgerLine[]>,
  exportFile: string | undefined,
  expected: string | undefined,
): Promise<Head> {
  const [wantedSeq, wantedHash = ""] = expected?.split(":") ?? [];
  const output = exportFile === undefined ? undefined : openSync(exportFile, "w", 0o600);
  let head: Head | undefined;
  let hasWanted = expected === undefined;
  try {
    for await (const lines of pieces) {
      const verified = head === undefined ? verifyEvents(lines) : verifyEvents(lines, head);
      head = verified.head;
      if (verified.broken !== undefined) throw broken(verified.broken, head);
      hasWanted ||= lines.some(({ seq, hash }) => seq === Number(wantedSeq) && hash.startsWith(wantedHash));
      if (output !== undefined) writeSync(output, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    }
  } finally {
    if (output !== undefined) closeSync(output);
  }
  if (!hasWanted) {
    throw new Problem(problems.ledger_broken, {
      message: `The chain holds, but event ${wantedSeq} with the hash ${wantedHash} is not in it: the ledger was cut off or written anew.`,
      data: { seq: Number(wantedSeq), reason: "head_absent" },
    });
  }
  return head ?? { seq: 0, hash: "" };
}

const reasons = {
  altered: "its content does not have its hash, so it was altered",
  missing_before: "an event before it is missing",
  unchained: "it does not name the hash of the event before it",
};

function broken({ seq, reason }: { seq: number; reason: keyof typeof reasons }, head: Head): Problem {
  return new Problem(problems.ledger_broken, {
    message: `The chain breaks at event ${seq}: ${reasons[reason]}. It holds up to event ${head.seq}.`,
    data: { seq, reason, head },
  });
}

function databaseLocation(dir: string | undefined): string {
  return readConfig({ flags: { dir }, environment: process.env, workingFolder: process.cwd() }).config
    .database;
}

function shownSource(source: string): string {
  // A URL may hold a password.
  return URL.canParse(source) ? `the database at ${new URL(source).host}` : shownPath(source);
}
