import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, isAbsolute, join } from "node:path";

import { addressOf, withSession } from "#protocols/dvc";

/*
 * Most public repositories keep their data where nobody else can read it, and what their commands need is not
 * installed. So the data is made, and the commands run in a shell that copies made outs into place: everything
 * DVC does around a command is real, and nobody's code runs.
 */

/** A repository as far as making its data goes. */
export interface Plan {
  /** Paths that a stage or a person has to bring, which are not there. */
  readonly sources: readonly Made[];
  readonly stages: readonly { readonly address: string; readonly outs: readonly Made[] }[];
  /** Why the stages cannot be run here; undefined when they can. */
  readonly obstacle: string | undefined;
}

export interface Made {
  readonly path: string;
  readonly isFolder: boolean;
  /** Paths below it that somebody depends on. */
  readonly inside: readonly string[];
}

/** Reads what a repository needs and makes. Throws what `gyre dvc` throws for it. */
export async function planData(root: string): Promise<Plan> {
  const voice = { say: () => undefined, warn: () => undefined, tell: () => undefined };
  return await withSession({ here: root, voice }, async (session) => {
    const { stages } = await session.loadProject();
    const paths = stages.flatMap((stage) => [...stage.dependencies, ...stage.outs]);
    const folders = new Set(
      paths.filter(({ digest }) => digest?.md5.endsWith(".dir") === true).map(({ path }) => path),
    );
    const files = new Set(
      paths
        .filter(({ digest }) => digest !== undefined && !digest.md5.endsWith(".dir"))
        .map(({ path }) => path),
    );
    const make = (path: string): Made => {
      const inside = paths.map((one) => one.path).filter((one) => one.startsWith(`${path}/`));
      const isFolder = folders.has(path) || inside.length > 0 || (!files.has(path) && extname(path) === "");
      return { path, isFolder, inside: [...new Set(inside)] };
    };
    const running = stages.filter(({ cmd }) => cmd !== undefined);
    // A frozen stage is not run: its outs are there, or what needs them cannot run either.
    const made = new Set(
      running.filter(({ isFrozen }) => !isFrozen).flatMap(({ outs }) => outs.map(({ path }) => path)),
    );
    const needed = [
      ...running.flatMap(({ dependencies }) => dependencies.map(({ path }) => path)),
      ...stages
        .filter(
          ({ cmd, dependencies, isFrozen }) => (cmd === undefined && dependencies.length === 0) || isFrozen,
        )
        .flatMap(({ outs }) => outs.map(({ path }) => path)),
    ].filter((path) => ![...made].some((out) => path === out || path.startsWith(`${out}/`)));
    const outside = paths.find(
      ({ path }) => isAbsolute(path) || path.startsWith("../") || /^[a-z0-9]+:\/\//.test(path),
    );
    return {
      sources: [...new Set(needed)].filter((path) => !existsSync(join(root, path))).map(make),
      stages: running.map((stage) => ({
        address: addressOf(stage, session.show),
        outs: stage.outs.map(({ path }) => make(path)),
      })),
      obstacle:
        outside === undefined
          ? stages.length === 0
            ? "it has no stage and no data"
            : undefined
          : "it keeps data outside of the repository",
    };
  });
}

/** Writes something for a path, other bytes in every round. */
export function makeData(root: string, { path, isFolder, inside }: Made, round: number): void {
  const place = join(root, path);
  if (!isFolder) return write(place, contentsFor(path, round));
  for (const one of inside) if (extname(one) !== "") write(join(root, one), contentsFor(one, round));
  write(join(place, "part one.txt"), contentsFor(`${path}/1`, round));
  write(join(place, "deeper", "zwei-ü.csv"), contentsFor(`${path}/2.csv`, round));
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  if (!existsSync(file)) writeFileSync(file, text);
}

/** Measures and points where a name promises them, so that there is something to show and to draw. */
function contentsFor(path: string, round: number): string {
  const number = (Number.parseInt(createHash("md5").update(path).digest("hex").slice(0, 4), 16) % 97) + round;
  const measures = { loss: number / 128, train: { accuracy: 1 - number / 512, steps: number, note: "made" } };
  switch (extname(path)) {
    case ".json":
      return `${JSON.stringify(measures)}\n`;
    case ".yaml":
    case ".yml":
      return `loss: ${measures.loss}\ntrain:\n  accuracy: ${measures.train.accuracy}\n  steps: ${number}\n`;
    case ".toml":
      return `loss = ${measures.loss}\n\n[train]\nsteps = ${number}\n`;
    case ".csv":
    case ".tsv": {
      const points = [["step", "loss"], ...Array.from({ length: 4 }, (_, step) => [step, number + step / 4])];
      return points.map((row) => `${row.join(extname(path) === ".csv" ? "," : "\t")}\n`).join("");
    }
    default:
      return `${path} in round ${round}\r\n`;
  }
}

/** A shell that copies the made outs of the stage it runs for, whatever the command. Returns its path. */
export function makeShell(scratch: string): string {
  const shell = join(scratch, "shell", "sh");
  mkdirSync(dirname(shell), { recursive: true });
  const name = `$(printf %s "$DVC_STAGE" | md5sum | cut -c1-32)`;
  writeFileSync(shell, `#!/bin/sh\nexec cp -R "${scratch}/outs/${name}/." "$DVC_ROOT/"\n`);
  chmodSync(shell, 0o755);
  return shell;
}

/** Makes the outs of every stage for that shell. */
export function makeOuts(scratch: string, plan: Plan, round: number): void {
  rmSync(join(scratch, "outs"), { recursive: true, force: true });
  for (const { address, outs } of plan.stages) {
    const folder = join(scratch, "outs", createHash("md5").update(address).digest("hex"));
    mkdirSync(folder, { recursive: true });
    for (const out of outs) makeData(folder, out, round);
  }
}
