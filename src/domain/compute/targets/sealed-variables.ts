import type { SecretBox } from "#kernel/secret-box";

import type { WorkSpec } from "./contract.ts";
import type { Work } from "./store.ts";

type Variables = WorkSpec["variables"];

/**
 * What the commands of a piece of work see may hold secrets: of the project, and the token they sign in with.
 * It must outlive this process, because a cluster may ask for it after a restart; so it is kept sealed, for
 * that one piece of work, until the work has ended.
 */
export interface SealedVariables {
  seal(work: string, variables: Variables): Promise<string>;
  /** Throws `secret_unreadable`. */
  open(work: Pick<Work, "id" | "spec" | "sealedVariables">): Promise<Variables>;
  /** The values that its log must not show. */
  secrets(work: Pick<Work, "id" | "spec" | "sealedVariables">): Promise<readonly string[]>;
}

export function createSealedVariables(box: SecretBox): SealedVariables {
  const placeOf = (work: string): string => `compute/${work}`;
  const open: SealedVariables["open"] = async ({ id, spec, sealedVariables }) => {
    // Work handed over by a server from before they were sealed.
    if (sealedVariables === null) return spec.variables;
    return JSON.parse(await box.open(sealedVariables, placeOf(id)));
  };
  return {
    seal: async (work, variables) => await box.seal(JSON.stringify(variables), placeOf(work)),
    open,
    async secrets(work) {
      // Nor does such a server's spec name them.
      const names: readonly string[] | undefined = work.spec.secretVariables;
      if (names === undefined || names.length === 0) return [];
      const variables = await open(work);
      return names.flatMap((name) => variables[name] ?? []);
    },
  };
}
