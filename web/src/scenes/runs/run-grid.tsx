import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from "react";
import { count, number } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { RowLink } from "../../components/link.tsx";
import type { Run } from "../../data/runs.ts";
import type { Shapes, TableColumn } from "./run-columns.tsx";
import { isSortable } from "./table-state.ts";
import { groupKey, type Line } from "./use-run-rows.ts";

/**
 * Rows of any number: only those in sight exist, and only their blocks are asked for once the scrolling
 * rests. Arrow keys, j and k, Page Up and Down, Home and End walk the rows; Space or x chooses one, with
 * Shift all from the last chosen on; Enter opens it.
 */
export function RunGrid(props: RunGridProps) {
  const { columns, pinned, lines, line, sort, onSort, chosen, onChoose, onSight, shapes } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const lastChosen = useRef(0);
  const [focus, setFocus] = useState<number>();
  const virtualizer = useVirtualizer({
    count: lines,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const items = virtualizer.getVirtualItems();
  const [from, to] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];

  // While a hand drags the scroll bar over thousands of rows, nothing on the way is asked for.
  useEffect(() => {
    const timer = setTimeout(() => onSight({ from, to }), settleMs);
    return () => clearTimeout(timer);
  }, [from, to, onSight]);

  // Again when the row has come, but never away from where the reader went meanwhile.
  const focused = focus === undefined ? undefined : line(focus);
  const focusedRun = focused?.kind === "run" ? focused.run?.id : undefined;
  useEffect(() => {
    const active = document.activeElement;
    if (focus === undefined || !scroller.current) return;
    if (active !== document.body && !scroller.current.contains(active)) return;
    scroller.current
      .querySelector<HTMLElement>(`tr[data-index="${focus}"] :is([data-row-link], [data-group])`)
      ?.focus({ preventScroll: true });
  }, [focus, focusedRun, from, to]);

  const { nameWidth } = props;
  const placed = useMemo(() => place(columns, pinned, nameWidth), [columns, pinned, nameWidth]);
  const width = placed.reduce((all, column) => all + column.width, chooserWidth + nameWidth);

  const walk = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const row = document.activeElement?.closest("tr[data-index]");
    const at = row ? Number(row.getAttribute("data-index")) : -1;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
    const next = {
      ArrowDown: at + 1,
      j: at + 1,
      ArrowUp: at - 1,
      k: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: lines - 1,
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      const to = Math.min(lines - 1, Math.max(0, next));
      virtualizer.scrollToIndex(to);
      setFocus(to);
    } else if ((event.key === "x" || (event.key === " " && !isControl(event.target))) && at >= 0) {
      event.preventDefault();
      choose(at, event.shiftKey);
    }
  };

  const choose = (index: number, isRange: boolean) => {
    const first = isRange ? Math.min(index, lastChosen.current) : index;
    const last = isRange ? Math.max(index, lastChosen.current) : index;
    const runs: Run[] = [];
    for (let at = first; at <= last; at++) {
      const each = line(at);
      if (each.kind === "run" && each.run) runs.push(each.run);
    }
    lastChosen.current = index;
    const own = line(index);
    onChoose(runs, own.kind === "run" && own.run !== undefined && (isRange || !chosen.has(own.run.id)));
  };

  const before = items[0]?.start ?? 0;
  const after = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div
      ref={scroller}
      role="region"
      aria-label="Runs"
      tabIndex={0}
      data-runs=""
      className="scroll-quiet relative overflow-auto rounded-b-xl border-t border-line -outline-offset-2"
      style={{ height: Math.min(lines * rowHeight + headHeight + 12, props.height) }}
      onKeyDown={walk}
    >
      <table
        className="border-separate border-spacing-0 text-sm"
        style={{ width, minWidth: "100%", tableLayout: "fixed" }}
        aria-rowcount={lines + 1}
      >
        <colgroup>
          <col style={{ width: chooserWidth }} />
          <col style={{ width: nameWidth }} />
          {placed.map((column) => (
            <col key={column.id} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className={`${headClass} ${stuckHead} left-0`}>
              <span className="sr-only">Choose</span>
            </th>
            <Head
              column={{ id: "name", header: "Run", title: "Name of the run", align: "left" }}
              sort={sort}
              onSort={onSort}
              left={chooserWidth}
              isLastPinned={pinned.length === 0}
            />
            {placed.map((column) => (
              <Head
                key={column.id}
                column={column}
                sort={sort}
                onSort={onSort}
                left={column.left}
                isLastPinned={column.isLastPinned}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Spacer height={before} columns={placed.length + 2} />}
          {items.map((item) => {
            const each = line(item.index);
            if (each.kind === "group")
              return (
                <GroupRow
                  key={item.key}
                  index={item.index}
                  columns={placed.length + 2}
                  line={each}
                  groupName={props.groupName}
                  onToggleGroup={props.onToggleGroup}
                />
              );
            return (
              <RunRow
                key={item.key}
                index={item.index}
                run={each.run}
                inGroup={each.inGroup}
                placed={placed}
                isChosen={each.run !== undefined && chosen.has(each.run.id)}
                choose={(event) => choose(item.index, event.shiftKey)}
                project={props.project}
                shapes={shapes}
                pinnedNone={pinned.length === 0}
              />
            );
          })}
          {after > 0 && <Spacer height={after} columns={placed.length + 2} />}
        </tbody>
      </table>
    </div>
  );
}

export interface RunGridProps {
  project: string;
  columns: readonly TableColumn[];
  pinned: readonly string[];
  lines: number;
  line: (index: number) => Line;
  sort: string;
  onSort: (sort: string) => void;
  chosen: ReadonlySet<string>;
  onChoose: (runs: readonly Run[], isChosen: boolean) => void;
  onSight: (sight: { from: number; to: number }) => void;
  onToggleGroup: (key: string) => void;
  groupName: string;
  shapes: Shapes | undefined;
  nameWidth: number;
  height: number;
}

const rowHeight = 37;
const headHeight = 37;
const chooserWidth = 40;
const settleMs = 120;
const headClass =
  "sticky top-0 h-9 border-b border-line bg-panel px-3 text-xs font-medium whitespace-nowrap text-faint";

interface Placed extends TableColumn {
  /** Where a pinned column stays; undefined for one that scrolls. */
  left: number | undefined;
  isLastPinned: boolean;
}

/** Pinned columns first, each at its place beside the name. */
function place(columns: readonly TableColumn[], pinned: readonly string[], nameWidth: number): Placed[] {
  const first = columns.filter((column) => pinned.includes(column.id));
  let left = chooserWidth + nameWidth;
  return [...first, ...columns.filter((column) => !pinned.includes(column.id))].map((column, index) => {
    const own = index < first.length ? left : undefined;
    left += column.width;
    return { ...column, left: own, isLastPinned: index === first.length - 1 };
  });
}

function Head({
  column,
  sort,
  onSort,
  left,
  isLastPinned,
}: {
  column: Pick<TableColumn, "id" | "header" | "title" | "align">;
  sort: string;
  onSort: (sort: string) => void;
  left: number | undefined;
  isLastPinned: boolean;
}) {
  const isSorted = sort.replace(/^-/, "") === column.id;
  const isDescending = sort.startsWith("-");
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (isDescending ? "descending" : "ascending") : undefined}
      style={{ left }}
      className={`${headClass} ${left === undefined ? "z-10" : stuckHead} ${isLastPinned && left !== undefined ? edge : ""} ${column.align === "right" ? "text-right" : "text-left"}`}
    >
      {isSortable(column.id) ? (
        <button
          type="button"
          title={column.title}
          onClick={() => onSort(isSorted && isDescending ? column.id : `-${column.id}`)}
          className={`-mx-1.5 inline-flex h-6 max-w-full items-center gap-1 rounded px-1.5 hover:bg-hover hover:text-ink ${isSorted ? "text-ink" : ""}`}
        >
          <span className="truncate">{column.header}</span>
          <Icon
            name={isSorted ? (isDescending ? "down" : "up") : "updown"}
            size={12}
            className={isSorted ? "shrink-0" : "shrink-0 opacity-40"}
          />
        </button>
      ) : (
        <span title={column.title}>{column.header}</span>
      )}
    </th>
  );
}

// On a narrow screen nothing stays: pinned columns would leave no room for the others.
const stuckHead = "z-20 max-sm:z-10 max-sm:left-auto!";
const stuck =
  "sticky z-10 bg-panel group-hover/row:bg-hover group-aria-selected/row:bg-accent-wash max-sm:static";
const edge = "border-r";

function RunRow({
  index,
  run,
  inGroup,
  placed,
  isChosen,
  choose,
  project,
  shapes,
  pinnedNone,
}: {
  index: number;
  run: Run | undefined;
  inGroup: boolean;
  placed: readonly Placed[];
  isChosen: boolean;
  choose: (event: MouseEvent) => void;
  project: string;
  shapes: Shapes | undefined;
  pinnedNone: boolean;
}) {
  const plain = "h-[37px] border-b border-line whitespace-nowrap";
  const cell = `${plain} truncate px-3`;
  return (
    <tr
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      className="group/row hover:bg-hover has-[a:focus-visible]:bg-hover aria-selected:bg-accent-wash"
    >
      <td className={`${plain} ${stuck} left-0 px-0 text-center`}>
        {run && (
          <label className="inline-flex size-8 cursor-pointer items-center justify-center">
            <span className="sr-only">Choose {run.name}</span>
            <input
              type="checkbox"
              checked={isChosen}
              onChange={() => {}}
              onClick={choose}
              className="size-4"
            />
          </label>
        )}
      </td>
      <td
        className={`${cell} ${stuck} ${pinnedNone ? edge : ""} ${inGroup ? "pl-7" : ""}`}
        style={{ left: chooserWidth }}
      >
        {run ? (
          <RowLink to="/projects/$project/runs/$run" params={{ project, run: run.id }} title={run.name}>
            {run.name || run.id.slice(0, 8)}
          </RowLink>
        ) : (
          <span data-row-link="" tabIndex={-1} className="block h-3 w-28 rounded bg-idle-wash">
            <span className="sr-only">Loading</span>
          </span>
        )}
      </td>
      {placed.map((column) => (
        <td
          key={column.id}
          style={{ left: column.left }}
          className={`tabular ${cell} ${column.left === undefined ? "" : stuck} ${column.isLastPinned ? edge : ""} ${column.align === "right" ? "text-right" : "text-left"}`}
        >
          {run ? column.cell(run, shapes) : <span className="inline-block h-3 w-12 rounded bg-idle-wash" />}
        </td>
      ))}
    </tr>
  );
}

function GroupRow({
  index,
  columns,
  line,
  groupName,
  onToggleGroup,
}: {
  index: number;
  columns: number;
  line: Extract<Line, { kind: "group" }>;
} & Pick<RunGridProps, "groupName" | "onToggleGroup">) {
  const { group, isOpen } = line;
  return (
    <tr data-index={index} aria-rowindex={index + 2}>
      <td colSpan={columns} className="h-[37px] border-b border-line bg-sunken px-2">
        <button
          type="button"
          data-group=""
          aria-expanded={isOpen}
          onClick={() => onToggleGroup(groupKey(group.value))}
          className="sticky left-2 inline-flex h-8 max-w-[calc(100vw-4rem)] items-center gap-2 rounded px-2 hover:bg-hover"
        >
          <Icon name={isOpen ? "down" : "right"} size={14} className="shrink-0 text-faint" />
          <span className="truncate">
            <span className="text-faint">{groupName}: </span>
            <span className="font-medium">{group.value ?? "not set"}</span>
          </span>{" "}
          <span className="shrink-0 text-faint" title={count(group.runs, "run")}>
            {number(group.runs)}
          </span>
        </button>
      </td>
    </tr>
  );
}

function Spacer({ height, columns }: { height: number; columns: number }) {
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}

function isControl(target: EventTarget): boolean {
  return target instanceof HTMLElement && ["INPUT", "BUTTON"].includes(target.tagName);
}
