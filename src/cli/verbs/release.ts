import { setTimeout as sleep } from "node:timers/promises";

import type { Command } from "commander";
import { z } from "zod";

import { Problem } from "#kernel/errors";

import { path } from "../client.ts";
import { problems } from "../problems.ts";
import { requireVersion } from "../reference.ts";
import { gateLines, getRelease, orderRelease, stepText } from "../releases.ts";
import type { Release } from "../releases.ts";
import { addServerVerb } from "../server-verb.ts";
import type { ServerCall } from "../server-verb.ts";
import type { Terminal } from "../terminal.ts";
import { word } from "../verb.ts";

const optionsSchema = z.object({
  to: z.string().default("production"),
  exception: z.string().optional(),
  reason: z.string().optional(),
  wait: z.boolean().optional(),
});
type Options = z.infer<typeof optionsSchema>;

export function registerRelease(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "release <version>",
    summary: "ask for a release: gates, approval, rollout",
    arguments: { version: "the version of a model, by number or alias: airline-care@3" },
    examples: [
      ["gyre release airline-care@3 --to production", "judge it, then wait for approval"],
      ["gyre release airline-care@3 --wait", "and stay until it is live"],
      ['gyre release airline-care@3 --exception "storm week"', "although a gate fails; named and logged"],
    ],
    options: [
      { flags: "--to <environment>", says: "where to (production)" },
      { flags: "--reason <text>", says: "why, for those who approve" },
      { flags: "--exception <reason>", says: "release although gates fail; the reason stays in the ledger" },
      { flags: "--wait", says: "stay until it is live or has ended; otherwise until it is judged" },
      { flags: "--no-wait", says: "do not even wait for the gates" },
    ],
    schema: optionsSchema,
    async act(call) {
      const { client, project, options } = call;
      const { name, version } = requireVersion(word(call, 0));
      const requested = await orderRelease(client, path`/api/v1/projects/${project}/releases`, {
        model: name,
        version,
        environment: options.to,
        ...(options.reason === undefined ? {} : { reason: options.reason }),
        ...(options.exception === undefined ? {} : { exception: options.exception }),
      });
      terminal.say(`Asked for the release ${requested.id} of ${name}@${requested.number} to ${options.to}.`);
      const release = options.wait === false ? requested : await follow(call, requested);
      if (terminal.wantsJson) terminal.printJson(release);
      finish(terminal, release, options);
    },
  });
}

const everyMs = 400;
const ends = new Set(["refused", "declined", "live", "superseded", "rolled_back"]);

/** Tells each change as it is seen; ends when judged, or with `--wait` when nothing more will happen. */
async function follow(
  { client, project, terminal, options }: ServerCall<Options>,
  first: Release,
): Promise<Release> {
  let told: Release | undefined;
  for (let release = first; ; release = await getRelease(client, project, first.id)) {
    tellChanges(terminal, told, release);
    told = release;
    const isJudged = release.state !== "judging";
    if (ends.has(release.state) || (isJudged && options.wait !== true)) return release;
    await sleep(everyMs);
  }
}

function tellChanges(terminal: Terminal, before: Release | undefined, now: Release): void {
  if (before === undefined && now.state === "judging") {
    terminal.say("Judging: the candidate answers the holdout and a short load, beside what is live.");
  }
  if ((before?.gates.length ?? 0) === 0 && now.gates.length > 0) {
    for (const line of gateLines(now)) if (!terminal.wantsJson) terminal.print(line);
  }
  if (before?.state !== now.state && now.state === "awaiting_approval") {
    terminal.say(`Waits for ${now.approvalsNeeded - now.approvals.length} more approval(s).`);
  }
  const step = now.currentStep === null ? undefined : now.steps[now.currentStep];
  if (step !== undefined && before?.currentStep !== now.currentStep)
    terminal.say(`Rolling out: ${stepText(step)}.`);
}

/** The last word: what to do next, or a refusal with exit code 3. */
function finish(terminal: Terminal, release: Release, options: Options): void {
  const name = `${release.model}@${release.number}`;
  if (release.state === "refused" || release.state === "declined" || release.state === "rolled_back") {
    const failed = release.gates.filter(({ verdict }) => verdict === "failed");
    throw new Problem(problems.release_refused, {
      message:
        release.state === "refused"
          ? `${name} is refused: ${failed.map(({ gate, finding }) => `${gate.id}: ${finding}`).join(" ")}`
          : `The release of ${name} was ${release.state.replace("_", " ")}: ${release.endReason ?? "without a reason"}.`,
      next:
        release.state === "refused"
          ? `Make a better version, or name an exception: gyre release ${name} --to ${release.environment} --exception "reason"`
          : `See it with: gyre releases ${release.id}`,
      data: { release: release.id, state: release.state, failed: failed.map(({ gate }) => gate.id) },
    });
  }
  if (terminal.wantsJson) return;
  if (release.state === "live") return terminal.say(`${name} is live in ${release.environment}.`);
  if (release.state === "awaiting_approval") {
    return terminal.say(`Next, by somebody other than its author: gyre approve ${release.id}`);
  }
  if (options.wait === false) terminal.say(`Watch it with: gyre releases ${release.id}`);
}
