import { count, number } from "../../components/format.ts";
import type { Verification } from "../../data/verifications.ts";

/** What a verification came to, or how far it is, in a sentence or two. */
export function outcomeOf({ state, failure, stages, done }: Verification): Outcome {
  const named = (verdict: string) => stages.filter((each) => each.verdict === verdict).length;
  const [differs, failed, same] = [named("differs"), named("failed"), named("reproducible")];
  const aside = stages.length - differs - failed - same;
  const found = [
    differs > 0 ? `${count(differs, "stage gives", "stages give")} other bytes from the same inputs` : "",
    failed > 0 ? `${count(failed, "stage", "stages")} failed when run again` : "",
  ].filter((part) => part !== "");
  if (state === "running") {
    const runs = stages.find((each) => each.state === "running");
    const more =
      runs === undefined ? "The next one begins." : `${runs.stage}: ${runs.waitingReason ?? "is run again"}.`;
    const soFar = found.length === 0 ? "" : `; so far ${found.join(", ")}`;
    const title = `${number(done)} of ${count(stages.length, "stage", "stages")} done${soFar}`;
    return { tone: "busy", title, more };
  }
  if (state === "failed")
    return { tone: "bad", title: "It could not be carried on", more: failure ?? "No reason was given." };
  const unseen = aside > 0 ? `${count(aside, "stage was", "stages were")} not run again.` : undefined;
  if (found.length > 0) return { tone: "bad", title: sentence(found.join(", ")), more: unseen };
  if (state === "cancelled") {
    const title = `It was cancelled after ${number(done)} of ${count(stages.length, "stage", "stages")}`;
    return { tone: "warn", title, more: undefined };
  }
  if (same === 0) {
    const more = "Run the pipeline, so that there are results to compare with: gyre run";
    return { tone: "warn", title: "Nothing could be compared", more };
  }
  return {
    tone: "good",
    title: `${count(same, "stage gave", "stages gave")} the same bytes again`,
    more: unseen,
  };
}

export interface Outcome {
  tone: "good" | "warn" | "bad" | "busy";
  title: string;
  more: string | undefined;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
