import { useNow } from "../clock.ts";
import { ago, dateTime } from "./format.ts";

/** A moment told from now, exact on approach. */
export function RelativeTime({ atMs }: { atMs: number | null | undefined }) {
  const nowMs = useNow();
  if (atMs === null || atMs === undefined) return <span>–</span>;
  return (
    <time dateTime={new Date(atMs).toISOString()} title={dateTime(atMs)} className="whitespace-nowrap">
      {ago(atMs, nowMs)}
    </time>
  );
}
