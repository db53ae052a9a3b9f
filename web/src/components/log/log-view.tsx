import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { bytes, count, number, share as shareWords } from "../format.ts";
import { Icon } from "../icons.tsx";
import { useSize } from "../use-size.ts";
import { plainText } from "./ansi.ts";
import { LogRow } from "./log-row.tsx";
import type { LogHits, LogSource } from "./log-source.ts";
import { LogToolbar } from "./log-toolbar.tsx";
import { barHeight, lineHeight, type Lines } from "./place.ts";
import { useLogScroll, type LogScroll, type Start } from "./use-log-scroll.ts";

/**
 * A log of any length, of which only what is in sight exists on the page. Follows the end while it grows,
 * until the reader scrolls up; search walks the hits; the first error is one press away; each line has an
 * address. Within the log: / searches, n and N walk the hits, e goes to the first error, w wraps.
 */
export function LogView(props: LogViewProps) {
  const {
    source,
    live,
    label = "Log",
    height = 420,
    find,
    onFind,
    hits,
    chosen,
    hrefOf,
    onChoose,
    start,
  } = props;
  const [frame, size] = useSize<HTMLDivElement>();
  const field = useRef<HTMLDivElement>(null);
  const [wrap, setWrap] = useState(false);
  const [characterWidth, setCharacterWidth] = useState(7.2);
  const total = source.total ?? 0;
  const digits = Math.max(4, String(total).length);
  const columns = Math.max(20, Math.floor((size.width - 32) / characterWidth) - digits - 3);
  const lines = useMemo<Lines>(
    () => ({
      total,
      heightOf(at) {
        const text = wrap ? source.line(at)?.text : undefined;
        return text === undefined
          ? lineHeight
          : Math.max(1, Math.ceil(plainText(text).length / columns)) * lineHeight;
      },
    }),
    [total, wrap, columns, source],
  );
  const scroll = useLogScroll(frame, lines, size.height, live, start);
  const { place, follow, setFollow, jump } = scroll;
  useNumbering(source, chosen, scroll);
  const [hit, setHit] = useState(-1);
  const needle = find.trim().toLowerCase();

  const shown: number[] = [];
  for (let at = place.line, room = size.height + place.above; at <= total && room > -lineHeight; at++) {
    shown.push(at);
    room -= lines.heightOf(at);
  }
  const widest = useRef(0);
  if (!wrap)
    for (const at of shown) widest.current = Math.max(widest.current, source.line(at)?.text.length ?? 0);

  const { want } = source;
  useEffect(() => {
    if (total > 0) want(place.line - 50, Math.min(total, place.line + 100));
  }, [want, total, place.line]);
  useLayoutEffect(() => {
    const probe = frame.current?.querySelector("[data-probe]");
    if (probe) setCharacterWidth(probe.getBoundingClientRect().width / 100 || 7.2);
  }, [frame]);
  useEffect(() => setHit(-1), [needle]);
  // A search that was just begun shows its first hit from here on.
  const first = hits?.lines.find((line) => line >= (chosen ?? place.line)) ?? hits?.lines[0];
  // An address that names a line too shows that line.
  const walked = useRef(chosen === undefined ? "" : needle);
  useEffect(() => {
    if (source.isTail || needle === "" || first === undefined || walked.current === needle) return;
    walked.current = needle;
    setHit(hits?.lines.indexOf(first) ?? -1);
    jump(first);
  }, [needle, first, hits, jump, source.isTail]);

  // A line beyond those of the end is reached by its address.
  const show = (line: number) => (source.isTail ? onChoose(line) : jump(line));
  const step = (by: 1 | -1) => {
    const { length } = hits?.lines ?? [];
    if (!hits || length === 0) return;
    const next = (hit + by + length) % length;
    setHit(next);
    show(hits.lines[next] ?? 1);
  };
  const toError = () => {
    if (source.firstError === null) return;
    if (!source.isTail) jump(source.firstError);
    onChoose(source.firstError);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const deed = {
      "/": () => field.current?.querySelector("input")?.focus(),
      n: () => step(1),
      N: () => step(-1),
      e: toError,
      w: () => setWrap(!wrap),
    }[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  };

  return (
    <div className="relative">
      <LogToolbar
        field={field}
        find={find}
        onFind={onFind}
        hits={hits}
        hit={hit}
        onStep={step}
        firstError={source.firstError}
        onError={toError}
        sizeBytes={source.sizeBytes}
        readBytes={source.readBytes}
        downloadHref={total > 0 ? props.downloadHref : undefined}
        toggles={[
          { label: "Wrap", checked: wrap, onChange: setWrap },
          ...(live ? [{ label: "Follow", checked: follow, onChange: setFollow }] : []),
        ]}
      />
      <div
        ref={frame}
        role="log"
        aria-label={label}
        aria-live="off"
        tabIndex={0}
        onScroll={scroll.onScroll}
        onKeyDown={onKeyDown}
        className={`scroll-quiet relative overflow-y-scroll bg-sunken font-mono text-xs leading-5 -outline-offset-2 ${wrap ? "overflow-x-hidden" : "overflow-x-auto"}`}
        style={{ height }}
      >
        <span data-probe="" aria-hidden="true" className="invisible absolute whitespace-pre">
          {"0".repeat(100)}
        </span>
        {total === 0 ? (
          <p className="px-4 py-3 font-sans text-sm text-faint">
            {source.total === undefined
              ? `Reading the log…${source.sizeBytes > 0 ? ` ${shareWords(source.readBytes / source.sizeBytes, 0)}` : ""}`
              : live
                ? "Waiting for the first line…"
                : "Nothing was printed."}
          </p>
        ) : (
          <div
            style={{
              height: barHeight(total, size.height) - (size.height === 0 ? 0 : 1),
              minWidth: wrap ? undefined : `calc(${widest.current + digits + 3}ch + 2rem)`,
            }}
          >
            <div
              className="sticky top-0 overflow-hidden"
              style={{ height: Math.max(0, size.height - 1), width: wrap ? size.width : undefined }}
            >
              <div className="pt-1" style={{ transform: `translateY(${-place.above}px)` }}>
                {shown.map((at) => (
                  <LogRow
                    key={at}
                    number={at}
                    isNumbered={!source.isTail}
                    line={source.line(at)}
                    needle={needle}
                    isCurrent={!source.isTail && hit >= 0 && hits?.lines[hit] === at}
                    isChosen={!source.isTail && at === chosen}
                    wrap={wrap}
                    gutter={`${digits + 2}ch`}
                    hrefOf={hrefOf}
                    onChoose={onChoose}
                  />
                ))}
              </div>
            </div>
          </div>
        )}
      </div>
      {live && !follow && total > 0 && (
        <button
          type="button"
          onClick={() => setFollow(true)}
          className="absolute bottom-10 left-1/2 inline-flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line-strong bg-raised px-3 text-sm shadow-float hover:bg-hover"
        >
          <Icon name="pause" size={14} />
          Paused here: to the end
        </button>
      )}
      <p className="tabular border-t border-line px-4 py-1.5 text-xs text-faint">
        {total === 0
          ? " "
          : source.isTail
            ? `the last ${count(total, "line")} · ${bytes(source.sizeBytes)} · the lines before are being counted: ${shareWords(source.readBytes / source.sizeBytes, 0)}`
            : `${count(total, "line")} · ${bytes(source.sizeBytes)} · from line ${number(place.line)}`}
      </p>
    </div>
  );
}

/**
 * When the lines of a long log have been counted, those of its end get their numbers: what is in sight stays
 * where it is, or the line of the address is shown.
 */
function useNumbering({ isTail, total = 0 }: LogSource, chosen: number | undefined, scroll: LogScroll): void {
  const before = useRef({ isTail, total });
  const { place, go, jump } = scroll;
  useLayoutEffect(() => {
    const was = before.current;
    before.current = { isTail, total };
    if (!was.isTail || isTail || total === 0) return;
    if (chosen !== undefined) jump(chosen);
    else go({ line: Math.max(1, place.line + total - was.total), above: place.above });
  }, [isTail, total, chosen, place, go, jump]);
}

export interface LogViewProps {
  source: LogSource;
  live: boolean;
  label?: string;
  height?: number;
  /** The text searched for, as it stands in the address. */
  find: string;
  onFind: (text: string) => void;
  hits: LogHits | undefined;
  /** The line of the address. */
  chosen: number | undefined;
  hrefOf: (line: number) => string;
  onChoose: (line: number) => void;
  start: Start;
  downloadHref?: string;
}
