import { useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { Icon } from "../../components/icons.tsx";
import type { Position } from "../../data/client.ts";
import type { RunColumn } from "../../data/runs.ts";
import { completions, type Completion } from "./completion.ts";

/**
 * A filter in MLflow's language with or and parentheses; plain words look in names. Enter applies it, so
 * that a half-written condition asks nothing. Keys are completed as they are typed; a mistake is told with
 * its line and column, and marked.
 */
export function QueryField({ value, onApply, columns, problem }: QueryFieldProps) {
  const [text, setText] = useState(value);
  const [applied, setApplied] = useState(value);
  const [caret, setCaret] = useState<number>();
  const [at, setAt] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  // The URL was changed by a view or the back button.
  if (value !== applied) {
    setApplied(value);
    setText(value);
  }
  const offered = useMemo(
    () => (caret === undefined ? undefined : completions(text, caret, columns)),
    [text, caret, columns],
  );
  const options = offered?.options ?? noOptions;
  const isOpen = options.length > 0;
  const current = options[Math.min(at, options.length - 1)];

  const take = (option: Completion) => {
    if (!offered) return;
    const after = text.slice(offered.to);
    const put = `${text.slice(0, offered.from)}${option.insert}`;
    const next = `${put} ${after.trimStart()}`;
    setText(next);
    setAt(0);
    setCaret(put.length + 1);
    requestAnimationFrame(() => field.current?.setSelectionRange(put.length + 1, put.length + 1));
  };
  const apply = () => {
    setCaret(undefined);
    setApplied(text);
    onApply(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((Math.min(at, options.length - 1) + step + options.length) % options.length);
    } else if (isOpen && event.key === "Tab" && current && !event.shiftKey) {
      event.preventDefault();
      take(current);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      setCaret(undefined);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      apply();
    }
  };

  return (
    <div className="relative min-w-0 flex-1 basis-72">
      <div className="relative">
        <Icon name="search" size={14} className="pointer-events-none absolute top-2.5 left-2.5 text-faint" />
        <textarea
          ref={field}
          rows={Math.min(6, text.split("\n").length)}
          value={text}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          data-filter=""
          aria-label="Filter runs"
          aria-haspopup="listbox"
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isOpen ? `${id}-${Math.min(at, options.length - 1)}` : undefined}
          aria-invalid={problem ? true : undefined}
          aria-describedby={`${id}-hint`}
          placeholder="metrics.auc > 0.9 or params.depth = '3'"
          onChange={(event) => {
            setText(event.target.value);
            setCaret(event.target.selectionStart);
            setAt(0);
          }}
          onClick={(event) => setCaret(event.currentTarget.selectionStart)}
          onKeyDown={onKeyDown}
          onBlur={() => setCaret(undefined)}
          className="scroll-quiet block w-full resize-none overflow-x-auto overflow-y-hidden rounded-md border border-control bg-panel py-1.5 pr-16 pl-8 font-mono text-xs leading-5 text-ink placeholder:font-sans placeholder:text-faint aria-invalid:border-bad"
        />
        {text !== "" && (
          <div className="absolute top-0.5 right-0.5 flex">
            {text !== value && (
              <button
                type="button"
                onMouseDown={(event) => event.preventDefault()}
                onClick={apply}
                className="h-7 rounded px-2 text-xs text-accent hover:bg-hover"
              >
                Apply
              </button>
            )}
            <button
              type="button"
              aria-label="Clear the filter"
              onClick={() => {
                setText("");
                setApplied("");
                onApply("");
              }}
              className="inline-flex size-7 items-center justify-center rounded text-soft hover:bg-hover"
            >
              <Icon name="cross" size={12} />
            </button>
          </div>
        )}
      </div>
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label="Completions"
        hidden={!isOpen}
        className="scroll-quiet absolute top-full left-0 z-40 mt-1 max-h-72 w-full max-w-md overflow-y-auto rounded-lg border border-line bg-raised p-1 text-sm shadow-float"
      >
        {options.map((option, index) => (
          <li
            key={option.insert}
            id={`${id}-${index}`}
            role="option"
            aria-selected={option === current}
            onMouseDown={(event) => {
              event.preventDefault();
              take(option);
            }}
            className="flex h-8 cursor-pointer items-center justify-between gap-3 rounded-md px-2.5 aria-selected:bg-hover"
          >
            <code className="truncate font-mono text-xs">{option.insert}</code>
            {option.note && <span className="shrink-0 text-xs text-faint">{option.note}</span>}
          </li>
        ))}
      </ul>
      <div id={`${id}-hint`} aria-live="polite">
        {problem && <FilterProblem text={value} problem={problem} />}
      </div>
    </div>
  );
}

export interface QueryFieldProps {
  value: string;
  onApply: (text: string) => void;
  columns: readonly RunColumn[];
  problem: { message: string; position: Position | undefined } | undefined;
}

const noOptions: readonly Completion[] = [];

/** The message, and the line it is about with a mark under the place. */
function FilterProblem({
  text,
  problem,
}: {
  text: string;
  problem: NonNullable<QueryFieldProps["problem"]>;
}) {
  const { position, message } = problem;
  const quoted = position && text.split("\n")[position.line - 1];
  return (
    <div className="mt-1.5 text-xs text-bad">
      <p>
        {position && (
          <span className="font-medium">
            Line {position.line}, column {position.column}:{" "}
          </span>
        )}
        {message}
      </p>
      {position && quoted !== undefined && (
        <pre className="scroll-quiet mt-1 overflow-x-auto font-mono text-ink" aria-hidden="true">
          {`${quoted}\n${" ".repeat(position.column - 1)}^`}
        </pre>
      )}
    </div>
  );
}
