import type { Clock } from "#kernel/clock";
import type { Database } from "#kernel/db";
import { Problem } from "#kernel/errors";

import { problems } from "../problems.ts";
import type { Capabilities, ComputeTarget, Surroundings } from "./contract.ts";
import { readTold, saveTold } from "./told-store.ts";
import type { Told } from "./told-store.ts";

interface SurroundingsParts {
  readonly db: Database;
  readonly clock: Clock;
  capabilities(): Promise<Capabilities>;
}

/**
 * A cached result must be found also while its cluster is down, so what a target told last counts until it
 * tells something else.
 */
export function createSurroundings(
  { db, clock, capabilities }: SurroundingsParts,
  { name, images }: Pick<ComputeTarget, "name" | "images">,
): ComputeTarget["surroundings"] {
  let saved = "";

  async function tell(): Promise<Told> {
    try {
      const { platform, interpreter } = await capabilities();
      const told = { platform, interpreter };
      const text = JSON.stringify(told);
      if (saved !== text) await saveTold(db, name, told, clock.nowMs());
      saved = text;
      return told;
    } catch (error) {
      const before = error instanceof Problem ? await readTold(db, name) : undefined;
      if (before === undefined) throw error;
      return before;
    }
  }

  return async (image): Promise<Surroundings> => {
    if (image !== null && images === null) throw imagesUnknown(name);
    const { platform, interpreter } = await tell();
    return {
      ...(images === null ? {} : { image: identityOf(image ?? images.default) }),
      ...(platform === null ? {} : { platform }),
      // What the machines have counts for nothing within an image.
      ...(interpreter === null || images !== null ? {} : { interpreter }),
    };
  };
}

/** A name may come to mean another image, a digest may not: where there is one, it alone counts. */
function identityOf(image: string): string {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? image;
}

export function imagesUnknown(name: string): Problem {
  return new Problem(problems.image_unsupported, {
    message: `The compute target "${name}" runs no container images.`,
    data: { target: name },
  });
}
