import { z } from "zod";

import { tagKeys } from "#traces";

import type { FileCopy } from "./copy-files.ts";
import { copyOwner, withAddress } from "./copy-owner.ts";
import type { Numbers } from "./copy-owner.ts";
import { importPath } from "./destination.ts";
import type { Destination } from "./destination.ts";
import type { TraceRecord } from "./records.ts";
import { skip } from "./report.ts";
import type { ImportReport } from "./report.ts";
import type { Located, MlflowSource, SpanOfTrace } from "./source.ts";
import { writeSpan } from "./span-text.ts";

export interface TraceOrder {
  readonly source: MlflowSource;
  readonly report: ImportReport;
  readonly destination: Destination | undefined;
  readonly copy: FileCopy | undefined;
  readonly experiment: Numbers;
}

const tracesAnswer = z.object({
  traces: z.array(z.object({ id: z.string(), isNew: z.boolean(), spans: z.number() })),
});

/** Brings traces here with their assessments and links, then their spans, then the files of those that have any. */
export async function importTraces(
  order: TraceOrder,
  traces: readonly Located<TraceRecord>[],
): Promise<void> {
  const { source, report, destination, experiment } = order;
  report.traces.found += traces.length;
  report.assessments.found += countAssessments(traces);
  const body = { source: source.label, experimentId: experiment.to, traces: traces.map(withAddress) };
  const answer = await destination?.post(importPath("traces"), tracesAnswer, body);
  const here = new Map(answer?.traces.map((trace) => [trace.id, trace]));
  const added = traces.filter((trace) => here.get(trace.id)?.isNew === true);
  report.traces.added += added.length;
  report.assessments.added += countAssessments(added);

  const found = await importSpans(order, traces, new Map([...here].map(([id, trace]) => [id, trace.spans])));
  for (const trace of traces) {
    const place = trace.tags[tagKeys.spansLocation];
    const ofTrace = found.get(trace.id);
    if (ofTrace === undefined && place === "ARCHIVE_REPO") {
      const why = "they were archived; a running server gives them out, its database alone does not";
      skip(report, "traces without their spans", why, { example: trace.id });
    }
    // Of a trace with its spans in the database only what was attached to it is in files.
    if (ofTrace !== undefined && !ofTrace.hasAttachments) continue;
    const owner = { trace: trace.id, experiment: experiment.to };
    await copyOwner(report, order.copy, { owner, experiment, artifactUri: trace.artifactUri });
  }
}

function countAssessments(traces: readonly TraceRecord[]): number {
  return traces.reduce((sum, trace) => sum + trace.assessments.length, 0);
}

interface SpansFound {
  readonly count: number;
  readonly hasAttachments: boolean;
}

/** Counts first where spans are here already: reading is cheaper than sending again. */
async function importSpans(
  { source, report, destination }: TraceOrder,
  traces: readonly TraceRecord[],
  here: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, SpansFound>> {
  const found = new Map<string, SpansFound>();
  const begun = traces.filter((trace) => destination === undefined || (here.get(trace.id) ?? 0) > 0);
  for await (const part of spansOf(source, begun)) count(found, part);
  const missing = traces.filter(
    (trace) => destination !== undefined && found.get(trace.id)?.count !== here.get(trace.id),
  );
  for (const trace of missing) found.delete(trace.id);
  for await (const part of spansOf(source, missing)) {
    count(found, part);
    for (const together of inPieces(part)) {
      await destination?.post(importPath("spans"), z.unknown(), { spans: together });
    }
  }
  const before = missing.reduce((sum, trace) => sum + (here.get(trace.id) ?? 0), 0);
  const sent = missing.reduce((sum, trace) => sum + (found.get(trace.id)?.count ?? 0), 0);
  report.spans.found += [...found.values()].reduce((sum, one) => sum + one.count, 0);
  report.spans.added += Math.max(0, sent - before);
  return found;
}

async function* spansOf(
  source: MlflowSource,
  traces: readonly TraceRecord[],
): AsyncIterable<readonly SpanOfTrace[]> {
  if (traces.length > 0) yield* source.spans(traces.map((trace) => trace.id));
}

function count(found: Map<string, SpansFound>, part: readonly SpanOfTrace[]): void {
  for (const [traceId, spans] of Map.groupBy(part, (one) => one.traceId)) {
    const before = found.get(traceId);
    const hasAttachments = spans.some(({ span }) => writeSpan(span).includes("mlflow-attachment://"));
    found.set(traceId, {
      count: (before?.count ?? 0) + spans.length,
      hasAttachments: hasAttachments || before?.hasAttachments === true,
    });
  }
}

const mostTogether = 1_000;
const mostCharacters = 8 * 1_024 * 1_024;

/** A span may hold a whole document: requests are bounded by their size too. */
function* inPieces(
  spans: readonly SpanOfTrace[],
): Iterable<readonly { readonly traceId: string; readonly span: string }[]> {
  let piece: { traceId: string; span: string }[] = [];
  let characters = 0;
  for (const { traceId, span } of spans) {
    const text = writeSpan(span);
    if (piece.length > 0 && (piece.length === mostTogether || characters + text.length > mostCharacters)) {
      yield piece;
      piece = [];
      characters = 0;
    }
    piece.push({ traceId, span: text });
    characters += text.length;
  }
  if (piece.length > 0) yield piece;
}
