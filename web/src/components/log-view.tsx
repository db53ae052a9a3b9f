import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { IconButton } from "./button.tsx";
import { SearchField } from "./field.tsx";
import { number } from "./format.ts";
import { Icon } from "./icons.tsx";

/**
 * Lines of output, any number. Follows the end while `live` until the reader scrolls up; search marks
 * the hits and walks them; links in the text can be followed; the first error is one press away.
 */
export function LogView({ lines, live = false, label = "Log", height = 420 }: LogViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(live);
  const [search, setSearch] = useState("");
  const [hit, setHit] = useState(0);
  const needle = search.trim().toLowerCase();
  const hits = useMemo(
    () =>
      needle ? lines.flatMap((line, index) => (line.toLowerCase().includes(needle) ? [index] : [])) : [],
    [lines, needle],
  );
  const firstError = useMemo(() => lines.findIndex((line) => errorPattern.test(line)), [lines]);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    overscan: 20,
  });

  useEffect(() => {
    if (follow && lines.length > 0) virtualizer.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follow, lines.length, virtualizer]);

  const jump = (line: number) => {
    setFollow(false);
    virtualizer.scrollToIndex(line, { align: "center" });
  };
  const step = (by: number) => {
    if (hits.length === 0) return;
    const next = (hit + by + hits.length) % hits.length;
    setHit(next);
    jump(hits[next] ?? 0);
  };

  return (
    <div>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2">
        <SearchField
          label="Search in log"
          className="max-w-56"
          value={search}
          onChange={(event) => {
            setSearch(event.target.value);
            setHit(0);
          }}
          onKeyDown={(event) => event.key === "Enter" && step(event.shiftKey ? -1 : 1)}
        />
        {needle && (
          <span className="tabular flex items-center text-xs text-faint" aria-live="polite">
            {hits.length === 0 ? "no hit" : `${number(hit + 1)} of ${number(hits.length)}`}
            <IconButton icon="up" label="Previous hit" onClick={() => step(-1)} />
            <IconButton icon="down" label="Next hit" onClick={() => step(1)} />
          </span>
        )}
        {firstError >= 0 && (
          <button
            type="button"
            onClick={() => jump(firstError)}
            className="inline-flex h-8 items-center gap-1.5 rounded-md px-2 text-sm text-bad hover:bg-hover"
          >
            <Icon name="cross" size={14} />
            First error
          </button>
        )}
        <label className="ml-auto inline-flex h-8 items-center gap-2 text-sm text-soft">
          <input
            type="checkbox"
            checked={follow}
            onChange={(event) => setFollow(event.target.checked)}
            className="size-4 accent-(--accent-fill)"
          />
          Follow
        </label>
      </div>
      <div
        ref={scroller}
        role="log"
        aria-label={label}
        aria-live="off"
        tabIndex={0}
        onWheel={(event) => event.deltaY < 0 && setFollow(false)}
        className="scroll-quiet overflow-auto bg-sunken font-mono text-xs leading-5 -outline-offset-2"
        style={{ height }}
      >
        {lines.length === 0 ? (
          <p className="px-4 py-3 font-sans text-sm text-faint">
            {live ? "Waiting for the first line…" : "Nothing was printed."}
          </p>
        ) : (
          <div className="relative" style={{ height: virtualizer.getTotalSize() + 16 }}>
            {virtualizer.getVirtualItems().map((item) => {
              const line = lines[item.index] ?? "";
              return (
                <div
                  key={item.key}
                  className={`absolute top-2 left-0 flex min-w-full pr-4 whitespace-pre ${hits[hit] === item.index && needle ? "bg-accent-wash" : ""} ${errorPattern.test(line) ? "text-bad" : ""}`}
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <span aria-hidden="true" className="w-14 shrink-0 pr-4 text-right text-faint select-none">
                    {item.index + 1}
                  </span>
                  <span>{withLinks(line, needle)}</span>
                </div>
              );
            })}
          </div>
        )}
      </div>
    </div>
  );
}

export interface LogViewProps {
  lines: readonly string[];
  live?: boolean;
  label?: string;
  height?: number;
}

const errorPattern = /(error|exception|traceback|fatal)\b/i;

function withLinks(line: string, needle: string): ReactNode {
  const parts = line.split(/(https?:\/\/[^\s"'<>)]+)/g);
  return parts.map((part, index) =>
    index % 2 === 1 ? (
      <a key={index} href={part} target="_blank" rel="noreferrer" className="underline underline-offset-2">
        {part}
      </a>
    ) : (
      <Marked key={index} text={part} needle={needle} />
    ),
  );
}

function Marked({ text, needle }: { text: string; needle: string }) {
  const at = needle ? text.toLowerCase().indexOf(needle) : -1;
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className="bg-warn-wash text-ink">{text.slice(at, at + needle.length)}</mark>
      {text.slice(at + needle.length)}
    </>
  );
}
