import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";
import type { Ledger } from "#kernel/events";
import type { SecretBox } from "#kernel/secret-box";

import { isSecretName } from "./definition/settings.ts";
import type { SecretsPort } from "./ports.ts";
import { problems } from "./problems.ts";
import { deleteSecret, listSecrets, readSealed, saveSecret } from "./store/secrets.ts";
import type { SecretRecord } from "./store/secrets.ts";

/** The secrets of projects: sealed at rest, opened for the process of a step that declares them, shown to nobody. */
export interface Secrets extends SecretsPort {
  list(project: string): Promise<readonly SecretRecord[]>;
  /** Throws `secret_name_invalid`. */
  set(secret: {
    readonly project: string;
    readonly name: string;
    readonly value: string;
    readonly actor: string;
  }): Promise<SecretRecord>;
  /** Throws `secret_not_found`. */
  remove(secret: { readonly project: string; readonly name: string; readonly actor: string }): Promise<void>;
}

export function createSecrets(parts: {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly box: SecretBox;
}): Secrets {
  const { db, ledger, clock, box } = parts;
  const placeOf = (project: string, name: string): string => `pipelines/${project}/${name}`;
  return {
    list: async (project) => await listSecrets(db, project),
    async set({ project, name, value, actor }) {
      if (!isSecretName(name)) {
        throw new Problem(problems.secret_name_invalid, {
          message: `${JSON.stringify(name)} is no name a secret can have.`,
        });
      }
      const sealed = await box.seal(value, placeOf(project, name));
      const record = { name, actor, setAtMs: clock.nowMs() };
      await db.transaction(async () => {
        await saveSecret(db, { project, sealed, ...record });
        await ledger.append({ kind: "secret.set", subject: name, project, actor, data: { name } });
      });
      return record;
    },
    async remove({ project, name, actor }) {
      await db.transaction(async () => {
        if (!(await deleteSecret(db, project, name))) {
          throw new Problem(problems.secret_not_found, {
            message: `The project ${project} has no secret ${name}.`,
            data: { name },
          });
        }
        await ledger.append({ kind: "secret.removed", subject: name, project, actor, data: { name } });
      });
    },
    async valuesOf(project, names) {
      const sealed = await readSealed(db, project, names);
      const values = new Map<string, string>();
      for (const [name, text] of sealed) values.set(name, await box.open(text, placeOf(project, name)));
      return values;
    },
  };
}
