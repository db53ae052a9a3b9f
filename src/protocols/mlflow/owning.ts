import { outsideProjects } from "#access";
import type { Access } from "#access";
import type { Principal } from "#kernel/auth";

/** Keeps the grants on single things in step with the things. */
export interface Owning {
  /** Who begins something may manage it. */
  begin(thing: string, project: string | null, principal: Principal): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Grants end with the thing: another of the same name is another thing. */
  end(thing: string): Promise<void>;
}

/** Without access to people there is nobody to own anything. */
export function createOwning(access: Pick<Access, "may" | "commands"> | undefined): Owning {
  return {
    async begin(thing, project, { id: principal }) {
      if (access === undefined) return;
      // Whoever may delete it by a role needs no grant of their own.
      if (await access.may(principal, "run:delete", project ?? outsideProjects)) return;
      await access.commands.grantThing({ principal, thing, level: "manage", actor: principal });
    },
    rename: async (from, to) => await access?.commands.renameThing({ from, to }),
    end: async (thing) => await access?.commands.renameThing({ from: thing, to: undefined }),
  };
}
