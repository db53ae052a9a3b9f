import { bound, count, number, words } from "../../components/format.ts";
import { ButtonLink, PlainLink } from "../../components/link.tsx";
import { useNow } from "../../clock.ts";
import type { Overview } from "../../data/projects.ts";

/** The middle of the loop: which decision is improved, and how far the number is from where it should be. */
export function CharterCore({ project, charter }: { project: string; charter: Overview["charter"] }) {
  const nowMs = useNow();
  if (!charter?.decision) {
    return (
      <div className="text-center">
        <p className="text-lg font-semibold">What is this project for?</p>
        <p className="mt-1 mb-4 text-sm text-soft">
          A charter generates gates, monitors and the rule for retraining.
        </p>
        <ButtonLink to="/projects/$project/charter" params={{ project }} look="primary">
          See the charter
        </ButtonLink>
      </div>
    );
  }
  const { kpi, timeBoxMs } = charter;
  const daysLeft = timeBoxMs === null ? null : Math.ceil((timeBoxMs - nowMs) / 86_400_000);
  return (
    <PlainLink
      to="/projects/$project/charter"
      params={{ project }}
      className="group block rounded-lg px-2 py-1 text-center"
    >
      <p className="text-xs text-faint">The decision to improve</p>
      <p className="mt-1 text-xl leading-snug font-semibold text-balance group-hover:text-accent">
        {charter.decision}
      </p>
      {kpi && (
        <p className="tabular mt-3 flex flex-wrap items-baseline justify-center gap-x-3 text-sm text-soft">
          <span>{words(kpi.name)}</span>
          <span className="text-lg font-semibold text-ink">{number(kpi.now)}</span>
          {kpi.target !== null && <span>target {bound(kpi.target)}</span>}
        </p>
      )}
      {daysLeft !== null && (
        <p className={`mt-1 text-xs ${daysLeft < 0 ? "text-bad" : "text-faint"}`}>
          {daysLeft >= 0
            ? `${count(daysLeft, "day")} left in its time box`
            : `its time box ended ${count(-daysLeft, "day")} ago: decide`}
        </p>
      )}
    </PlainLink>
  );
}
