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
}

export function createSealedVariables(box: SecretBox): SealedVariables {
  const placeOf = (work: string): string => `compute/${work}`;
  return {
    seal: async (work, variables) => await box.seal(JSON.stringify(variables), placeOf(work)),
    async open({ id, spec, sealedVariables }) {
      // Work handed over by a server from before they were sealed.
      if (sealedVariables === null) return spec.variables;
      return JSON.parse(await box.open(sealedVariables, placeOf(id)));
    },
  };
}
