import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import type { Log } from "#kernel/log";
import type { StepAttempt, StepListener } from "#pipelines";

import { encodeParameter } from "./encode.ts";
import { failureOf } from "./failure.ts";
import { followFile } from "./follow-file.ts";
import type { FollowedFile } from "./follow-file.ts";
import { createHearing } from "./hearing.ts";
import type { HearingParts } from "./hearing.ts";

export interface ListenerParts extends HearingParts {
  readonly log: Log;
}

// Often enough for a log that is followed, and next to nothing for a step that says nothing.
const lookEveryMs = 250;

/** Gives each attempt the two variables of Pipes, and hears what it writes while it runs. */
export function createPipesListener(parts: ListenerParts): StepListener {
  return {
    async listen(attempt) {
      const { stage } = attempt;
      const source = attempt.isElsewhere ? hearOutput() : await hearFile(attempt.scratchFolder);
      const hearing = createHearing(parts, attempt);
      // One look at a time: the next begins when the one before has ended.
      let looking = Promise.resolve();
      const look = (isLast: boolean): Promise<void> => {
        looking = looking.then(async () => {
          await source
            .lines(isLast)
            .then(hearing.hear)
            .catch((error: unknown) => tellOf(parts.log, attempt, error));
        });
        return looking;
      };
      const timer = setInterval(() => void look(false), lookEveryMs);
      return {
        variables: {
          DAGSTER_PIPES_CONTEXT: encodeParameter({ data: contextOf(attempt) }),
          DAGSTER_PIPES_MESSAGES: encodeParameter(source.messages),
        },
        ...(source.onLine === undefined ? {} : { onLine: source.onLine }),
        async end({ failure }) {
          clearInterval(timer);
          await look(true);
          const exception = hearing.exception();
          if (failure === null || exception === undefined) return undefined;
          return failureOf(stage.name, failure, exception);
        },
      };
    },
  };
}

/** Where messages come from: what the client is told, and the lines since the last time. */
interface Source extends FollowedFile {
  readonly messages: object;
  onLine?(line: string): void;
}

async function hearFile(folder: string): Promise<Source> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "pipes-messages.jsonl");
  return { messages: { path }, ...followFile(path) };
}

/** Another machine shares no folder with this one, so messages come among what the step prints. */
function hearOutput(): Source {
  let heard: string[] = [];
  return {
    messages: { stdio: "stdout" },
    onLine(line) {
      if (line.startsWith('{"__dagster_pipes_version"')) heard.push(line);
    },
    async lines() {
      const lines = heard;
      heard = [];
      return lines;
    },
  };
}

/** The data of the context, whose keys must all be there. */
function contextOf(attempt: StepAttempt): object {
  const { stage, project, execution, params } = attempt;
  const meta = isRecord(stage.meta) ? stage.meta : {};
  const declared = meta["assets"];
  const assets = Array.isArray(declared) ? declared.map(String) : [stage.name];
  return {
    asset_keys: assets,
    code_version_by_asset_key: Object.fromEntries(assets.map((asset) => [asset, null])),
    provenance_by_asset_key: Object.fromEntries(assets.map((asset) => [asset, null])),
    partition_key: null,
    partition_key_range: null,
    partition_time_window: null,
    run_id: execution,
    job_name: project,
    retry_number: attempt.attempt - 1,
    extras: {
      ...Object.assign({}, ...Object.values(params)),
      ...(isRecord(meta["extras"]) ? meta["extras"] : {}),
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function tellOf(log: Log, { step }: StepAttempt, error: unknown): void {
  log.error("what a step reported by Pipes could not be kept", { step, error });
}
