import { memo, type ReactNode } from "react";
import { parseAnsi } from "./ansi.ts";
import type { LogLine } from "./log-source.ts";

/** One line with its number; the number is the address of the line. */
export const LogRow = memo(function LogRow({
  number,
  isNumbered,
  line,
  needle,
  isCurrent,
  isChosen,
  wrap,
  gutter,
  hrefOf,
  onChoose,
}: LogRowProps) {
  return (
    <div
      data-line={number}
      className={`flex min-h-5 pr-4 ${wrap ? "whitespace-pre-wrap" : "whitespace-pre"} ${isChosen ? "bg-accent-wash" : isCurrent ? "bg-warn-wash" : ""} ${line?.isError ? "text-bad" : ""}`}
    >
      <a
        href={isNumbered ? hrefOf(number) : undefined}
        tabIndex={-1}
        aria-label={isNumbered ? `Line ${number}` : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
          event.preventDefault();
          if (isNumbered) onChoose(number);
        }}
        className={`sticky left-0 shrink-0 border-r border-line bg-sunken pr-2 text-right select-none hover:text-accent hover:underline ${line?.isError ? "font-bold text-bad" : "text-faint"}`}
        style={{ width: gutter }}
      >
        {line?.isError && <span className="sr-only">error, </span>}
        {isNumbered ? number : "\u00a0"}
      </a>
      <span className={`pl-3 ${wrap ? "min-w-0 flex-1 [word-break:break-all]" : ""}`}>
        {line === undefined ? (
          <span aria-hidden="true" className="text-faint">
            ·
          </span>
        ) : (
          shown(line.text, needle)
        )}
      </span>
    </div>
  );
});

export interface LogRowProps {
  number: number;
  /** False while its place in the log is not known. */
  isNumbered: boolean;
  line: LogLine | undefined;
  /** Lower case; empty when nothing is searched. */
  needle: string;
  /** It is the hit that was walked to. */
  isCurrent: boolean;
  /** It is the line of the address. */
  isChosen: boolean;
  wrap: boolean;
  gutter: string;
  hrefOf: (line: number) => string;
  onChoose: (line: number) => void;
}

function shown(text: string, needle: string): ReactNode {
  return parseAnsi(text).map((piece, index) => (
    <span key={index} className={piece.look || undefined}>
      {withLinks(piece.text, needle)}
    </span>
  ));
}

function withLinks(text: string, needle: string): ReactNode {
  if (!text.includes("://")) return marked(text, needle);
  return text.split(/(https?:\/\/[^\s"'<>)]+)/g).map((part, index) =>
    index % 2 === 1 ? (
      <a key={index} href={part} target="_blank" rel="noreferrer" className="underline underline-offset-2">
        {marked(part, needle)}
      </a>
    ) : (
      <span key={index}>{marked(part, needle)}</span>
    ),
  );
}

function marked(text: string, needle: string): ReactNode {
  if (needle === "") return text;
  const lower = text.toLowerCase();
  const parts: ReactNode[] = [];
  let from = 0;
  for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, from)) {
    parts.push(text.slice(from, at));
    parts.push(
      <mark key={at} className="rounded-xs bg-warn-line text-ink">
        {text.slice(at, at + needle.length)}
      </mark>,
    );
    from = at + needle.length;
  }
  parts.push(text.slice(from));
  return parts;
}
