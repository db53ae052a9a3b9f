import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { Problem } from "#kernel/errors";

import type { Client } from "./client.ts";
import { printPage } from "./listing.ts";
import { problems } from "./problems.ts";
import { onInterruption } from "./stop-signal.ts";
import { parametersText, studyLines, studySchema, valuesText } from "./study-pages.ts";
import type { Terminal } from "./terminal.ts";

const lookEveryMs = 500;

/** Tells each trial as it ends, and the study at its end. Ctrl-C stops the study; a second one leaves it to the server. */
export async function followStudy(client: Client, terminal: Terminal, address: string): Promise<void> {
  const stopListening = onInterruption(["SIGINT", "SIGTERM"], () => {
    terminal.say("Stopping the study; once more leaves it running and ends this command.");
    // What comes of it is told by the study itself.
    client.send("POST", `${address}/stop`, z.unknown()).catch(() => {});
  });
  try {
    const told = new Set<number>();
    for (;;) {
      const study = await client.get(address, studySchema);
      for (const trial of study.trials) {
        if (trial.state === "running" || told.has(trial.number)) continue;
        told.add(trial.number);
        const ending = trial.state === "complete" ? valuesText(trial) : `${trial.state}: ${trial.reason}`;
        terminal.say(`trial ${trial.number}  ${parametersText(trial)}  ${ending}`);
      }
      if (study.state === "running") {
        await sleep(lookEveryMs);
        continue;
      }
      printPage(terminal, study, studyLines(terminal, study));
      if (study.state !== "failed") return;
      throw new Problem(problems.study_failed, {
        message: `The study ${study.name} failed. ${study.reason}`,
      });
    }
  } finally {
    stopListening();
  }
}
