import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import {
  blockSize,
  runBlockQuery,
  runGroupsQuery,
  seriesQuery,
  type Run,
  type RunGroup,
} from "../../data/runs.ts";
import type { Shapes } from "./run-columns.tsx";
import { fieldName, toOrder, withinGroup, type TableState } from "./table-state.ts";

/** A line of the table: a run that may not have come yet, or the head of a group. */
export type Line =
  | { readonly kind: "run"; readonly run: Run | undefined; readonly inGroup: boolean }
  | { readonly kind: "group"; readonly group: RunGroup; readonly isOpen: boolean };

/** The lines in sight and how many there are; only the blocks around `from` to `to` are asked for. */
export function useRunRows(
  project: string,
  table: TableState,
  fields: readonly string[],
  sight: { from: number; to: number },
) {
  const order = toOrder(table.sort);
  const search = useMemo(
    () => ({ filter: table.filter, state: table.state, order, fields }),
    [table.filter, table.state, order, fields],
  );
  const isGrouped = table.group !== "";
  const groups = useQuery({
    ...runGroupsQuery(project, { filter: table.filter, state: table.state }, fieldName(table.group)),
    enabled: isGrouped,
  });
  const head = useQuery({ ...runBlockQuery(project, search, 0), enabled: !isGrouped });
  const total = isGrouped ? groups.data?.total : (head.data?.total ?? undefined);

  const sections = useMemo(() => {
    if (!isGrouped) return [{ group: undefined, first: 0, lines: total ?? 0, isOpen: true }];
    let first = 0;
    return (groups.data?.groups ?? []).map((group) => {
      const isOpen = table.open.includes(groupKey(group.value));
      const section = { group, first, lines: 1 + (isOpen ? group.runs : 0), isOpen };
      first += section.lines;
      return section;
    });
  }, [isGrouped, groups.data, table.open, total]);

  const wanted = useMemo(() => {
    const blocks: { key: string; filter: string; block: number }[] = [];
    for (const section of sections) {
      const offset = section.group === undefined ? 0 : 1;
      const from = Math.max(0, sight.from - section.first - offset);
      const to = Math.min(section.lines - offset - 1, sight.to - section.first - offset);
      if (!section.isOpen || to < from) continue;
      const filter =
        section.group === undefined
          ? table.filter
          : withinGroup(table.filter, table.group, section.group.value);
      for (let block = Math.floor(from / blockSize); block <= Math.floor(to / blockSize); block++)
        blocks.push({ key: `${section.first} ${block}`, filter, block });
    }
    return blocks;
  }, [sections, sight.from, sight.to, table.filter, table.group]);

  const answers = useQueries({
    queries: wanted.map(({ filter, block }) => runBlockQuery(project, { ...search, filter }, block)),
  });
  const byBlock = new Map(wanted.map(({ key }, index) => [key, answers[index]?.data?.runs]));
  const failed = answers.find((answer) => answer.isError && answer.data === undefined);

  const line = (index: number): Line => {
    const section = sections.findLast((each) => each.first <= index);
    if (section === undefined) return { kind: "run", run: undefined, inGroup: false };
    const { group, isOpen } = section;
    if (group !== undefined && index === section.first) return { kind: "group", group, isOpen };
    const at = index - section.first - (group === undefined ? 0 : 1);
    const block = byBlock.get(`${section.first} ${Math.floor(at / blockSize)}`);
    return { kind: "run", run: block?.[at % blockSize], inGroup: group !== undefined };
  };

  return {
    query: isGrouped ? groups : head,
    failed,
    total,
    lines: sections.reduce((all, section) => all + section.lines, 0),
    line,
    /** The first runs of the order, by which differing columns are told from equal ones. */
    first: isGrouped ? answers[0]?.data?.runs : head.data?.runs,
    loaded: answers.flatMap((answer) => answer.data?.runs ?? []),
  };
}

export function groupKey(value: string | null): string {
  return value === null ? "" : `=${value}`;
}

/** The series of the sparkline columns for the runs in sight: one question, after the rows have come. */
export function useShapes(
  project: string,
  runs: readonly Run[],
  metrics: readonly string[],
): Shapes | undefined {
  const ids = runs.map((run) => run.id).slice(0, 120);
  const { data } = useQuery({
    ...seriesQuery(project, { runs: ids, metrics, points: 40 }),
    enabled: ids.length > 0 && metrics.length > 0 && ids.length * metrics.length <= 400,
    placeholderData: (before) => before,
  });
  return useMemo(
    () => data && new Map(data.series.map((series) => [`${series.run} ${series.key}`, series.last])),
    [data],
  );
}
