import { pathFromRoot, setting } from "../repository/repository.ts";
import type { Session } from "../session.ts";

/** Stages changed files in Git if `core.autostage` is set; else says how to. */
export function trackInGit(session: Session, places: readonly string[]): void {
  const { repository, voice } = session;
  const { git, config } = repository;
  if (git === undefined || places.length === 0) return;
  const distinct = [...new Set(places)];
  if (setting(config, "core", "autostage")?.toLowerCase() === "true") return git.add(distinct);
  const paths = distinct.map((place) => quote(session.show(pathFromRoot(repository, place)))).toSorted();
  voice.say("\nTo track the changes with git, run:\n");
  voice.say(`\tgit add ${paths.join(" ")}`);
  voice.say("\nTo enable auto staging, run:\n\n\tdvc config core.autostage true");
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}
