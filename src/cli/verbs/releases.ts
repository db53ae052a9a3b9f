import type { Command } from "commander";
import { z } from "zod";

import { filterRows } from "../filter.ts";
import { printPage, printRows, section, whereOption } from "../listing.ts";
import { readNames } from "../names.ts";
import type { NameOf } from "../names.ts";
import { gateLines, getRelease, listReleases, stepText } from "../releases.ts";
import type { Release } from "../releases.ts";
import { addServerVerb } from "../server-verb.ts";
import { factLines } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { numberText, timeText } from "../words.ts";

export function registerReleases(program: Command, terminal: Terminal): void {
  addServerVerb(program, terminal, {
    usage: "releases [id]",
    summary: "list releases, show one with its gates",
    arguments: { id: "the id of a release" },
    examples: [
      ["gyre releases", "all of them, the newest first"],
      ["gyre releases --where state=awaiting_approval", "those that wait for somebody"],
      ["gyre releases rel_01k…", "one: gates with value, interval and bound; approvals; rollout"],
    ],
    options: [whereOption],
    schema: z.object({ where: z.array(z.string()).default([]) }),
    async act({ client, project, words, options }) {
      const [id] = words;
      const nameOf = await readNames(client, project);
      if (id === undefined) {
        return printList(terminal, await listReleases(client, project), options.where, nameOf);
      }
      const release = await getRelease(client, project, id);
      printPage(terminal, release, pageLines(terminal, release, nameOf));
    },
  });
}

function printList(
  terminal: Terminal,
  releases: readonly Release[],
  where: readonly string[],
  nameOf: NameOf,
): void {
  const rows = filterRows(releases, where, {
    id: ({ id }) => id,
    model: ({ model }) => model,
    number: ({ number }) => number,
    environment: ({ environment }) => environment,
    state: ({ state }) => state,
    requestedBy: ({ requestedBy }) => nameOf(requestedBy),
  });
  printRows(
    terminal,
    rows,
    [
      { title: "release", of: ({ id }) => id },
      { title: "version", of: ({ model, number }) => `${model}@${number}` },
      { title: "to", of: ({ environment }) => environment },
      { title: "state", of: ({ state }) => state },
      { title: "gates", of: gatesText },
      { title: "asked", of: ({ requestedAtMs }) => timeText(requestedAtMs) },
      { title: "by", of: ({ requestedBy }) => nameOf(requestedBy) },
    ],
    "There is no release yet; ask for one with: gyre release MODEL@VERSION --to production",
  );
}

function gatesText({ gates }: Release): string {
  const passed = gates.filter(({ verdict }) => verdict === "passed").length;
  return gates.length === 0 ? "-" : `${passed} of ${gates.length} passed`;
}

/** The page of one release; `release`, `approve` and `decline` end with it, too. */
export function pageLines(terminal: Terminal, release: Release, nameOf: NameOf): readonly string[] {
  const { exception, approvals, approvalsNeeded } = release;
  const step = release.currentStep === null ? undefined : release.steps[release.currentStep];
  return [
    ...factLines([
      ["release", release.id],
      ["version", `${release.model}@${release.number} to ${release.environment}`],
      ["state", release.state],
      ["ended", release.endReason ?? undefined],
      ["asked", `${timeText(release.requestedAtMs)} by ${nameOf(release.requestedBy)}`],
      ["reason", release.reason ?? undefined],
      [
        "exception",
        exception === null || exception === undefined
          ? undefined
          : `${exception.reason} (${nameOf(exception.by)})`,
      ],
      ["threshold", release.threshold === null ? undefined : numberText(release.threshold)],
      [
        "approvals",
        `${approvals.length} of ${approvalsNeeded}${approvals.map(({ by, note }) => `, ${nameOf(by)}${note ? `: ${note}` : ""}`).join("")}`,
      ],
      ["rollout", release.steps.map(stepText).join(", then ") || undefined],
      ["now at", step === undefined ? undefined : stepText(step)],
      ["replaces", release.replaces ?? undefined],
    ]),
    ...section(terminal, "Gates", release.gates.length === 0 ? [] : gateLines(release)),
    ...section(
      terminal,
      "Findings",
      release.gates.map(({ verdict, gate, finding }) => `${verdict}: ${gate.sentence} ${finding}`),
    ),
  ];
}
