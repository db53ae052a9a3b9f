import { useEffect, useState, type RefObject } from "react";
import { IconButton } from "../button.tsx";
import { SearchField } from "../field.tsx";
import { number, share as shareWords } from "../format.ts";
import { Icon } from "../icons.tsx";
import type { LogHits } from "./log-source.ts";

/** What can be done with a log; everything by keyboard, and on a narrow screen in two lines. */
export function LogToolbar(props: LogToolbarProps) {
  const {
    field,
    find,
    onFind,
    hits,
    hit,
    onStep,
    firstError,
    onError,
    toggles,
    downloadHref,
    sizeBytes,
    readBytes,
  } = props;
  const [typed, setTyped] = useState(find);
  useEffect(() => setTyped(find), [find]);
  useEffect(() => {
    if (typed === find) return;
    const timer = setTimeout(() => onFind(typed), 250);
    return () => clearTimeout(timer);
  }, [typed, find, onFind]);
  return (
    <div className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b border-line px-3 py-2">
      <div className="flex min-w-0 items-center max-sm:basis-full" ref={field}>
        <SearchField
          label="Search in log"
          className="w-48 min-w-0 max-sm:w-full"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            if (typed === find) onStep(event.shiftKey ? -1 : 1);
            else onFind(typed);
          }}
        />
        {find !== "" && (
          <span className="tabular flex items-center pl-2 text-xs whitespace-nowrap text-faint">
            <span aria-live="polite" data-hits="">
              {told(hits, hit, sizeBytes)}
            </span>
            <IconButton icon="up" label="Previous hit" onClick={() => onStep(-1)} />
            <IconButton icon="down" label="Next hit" onClick={() => onStep(1)} />
          </span>
        )}
      </div>
      {firstError !== null && (
        <button
          type="button"
          onClick={onError}
          className="inline-flex h-8 items-center gap-1.5 rounded-md px-2 text-sm text-bad hover:bg-hover"
        >
          <Icon name="cross" size={14} />
          First error
        </button>
      )}
      {firstError === null && readBytes < sizeBytes && (
        <span className="tabular px-2 text-xs text-faint">
          No error in the first {shareWords(readBytes / sizeBytes, 0)}
        </span>
      )}
      <div className="ml-auto flex flex-wrap items-center gap-x-3">
        {toggles.map(({ label, checked, onChange }) => (
          <label key={label} className="inline-flex h-8 items-center gap-1.5 text-sm text-soft">
            <input
              type="checkbox"
              checked={checked}
              onChange={(event) => onChange(event.target.checked)}
              className="size-4 accent-(--accent-fill)"
            />
            {label}
          </label>
        ))}
        {downloadHref && (
          <a
            href={downloadHref}
            download=""
            aria-label="Download the log"
            title="Download the log"
            className="inline-flex size-8 items-center justify-center rounded-md text-soft hover:bg-hover hover:text-ink"
          >
            <Icon name="download" />
          </a>
        )}
      </div>
    </div>
  );
}

export interface LogToolbarProps {
  field: RefObject<HTMLDivElement | null>;
  find: string;
  onFind: (text: string) => void;
  hits: LogHits | undefined;
  /** Which of the hits, from 0; -1 before one was walked to. */
  hit: number;
  onStep: (by: 1 | -1) => void;
  firstError: number | null;
  onError: () => void;
  sizeBytes: number;
  /** How much of it was looked at for errors. */
  readBytes: number;
  toggles: readonly { label: string; checked: boolean; onChange: (on: boolean) => void }[];
  downloadHref?: string | undefined;
}

function told(hits: LogHits | undefined, hit: number, sizeBytes: number): string {
  if (hits === undefined) return "searching…";
  const { length } = hits.lines;
  if (hits.isComplete) {
    if (length === 0) return "no hit";
    return hit < 0 ? `${number(length)} hits` : `${number(hit + 1)} of ${number(length)}`;
  }
  const share =
    sizeBytes > 0 ? ` in the first ${shareWords(Math.min(1, hits.searchedBytes / sizeBytes), 0)}` : "";
  if (length === 0) return `no hit${share}…`;
  return hit < 0 ? `${number(length)}+ hits${share}` : `${number(hit + 1)} of ${number(length)}+${share}`;
}
