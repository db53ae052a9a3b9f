import { useQuery } from "@tanstack/react-query";
import { Skeleton } from "../../components/answers.tsx";
import { CodeBlock, Digest } from "../../components/code-block.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { dateTime } from "../../components/format.ts";
import { KeyValueList } from "../../components/key-values.tsx";
import { TextLink } from "../../components/link.tsx";
import { recordQuery, type RecordDetail } from "../../data/evaluation-datasets.ts";
import { Answer } from "../../shell/answer.tsx";
import { readable, sourceWords } from "./words.ts";

/** One record in front of the page, every part of it whole. */
export function RecordDialog({ project, dataset, record: id, onClose }: RecordDialogProps) {
  const query = useQuery(recordQuery(project, dataset, id));
  return (
    <Dialog open wide onClose={onClose} title="Record">
      <Answer query={query} skeleton={<Skeleton height={420} />}>
        {(record) => <Body project={project} record={record} />}
      </Answer>
    </Dialog>
  );
}

export interface RecordDialogProps {
  project: string;
  dataset: string;
  record: string;
  onClose: () => void;
}

function Body({ project, record }: { project: string; record: RecordDetail }) {
  const tags = Object.entries(record.tags);
  return (
    <div className="space-y-5">
      <Part title="Inputs" values={record.inputs} />
      {record.expectations !== null && <Part title="Expected" values={record.expectations} />}
      {record.outputs !== null && <Part title="Outputs" values={asValues(record.outputs)} />}
      {tags.length > 0 && (
        <section>
          <h3 className="mb-1 text-sm font-semibold">Tags</h3>
          <KeyValueList
            items={tags.map(([name, value]) => ({
              name,
              value: <span className="break-words whitespace-pre-wrap">{readable(value)}</span>,
            }))}
          />
        </section>
      )}
      <section>
        <h3 className="mb-1 text-sm font-semibold">Where it came from</h3>
        <KeyValueList
          items={[
            { name: "From", value: <Source project={project} record={record} /> },
            { name: "Made", value: moment(record.createdAtMs, record.createdBy) },
            { name: "Changed", value: moment(record.updatedAtMs, record.updatedBy) },
            { name: "Id", value: <Digest value={record.id} length={35} /> },
          ]}
        />
        {record.source !== null && record.traceId === null && (
          <div className="mt-2">
            <CodeBlock label="Source" code={readable(record.source)} maximumHeight={160} />
          </div>
        )}
      </section>
    </div>
  );
}

/** What an application answered: named values, or one without a name. */
function asValues(outputs: unknown): Record<string, unknown> {
  return typeof outputs === "object" && outputs !== null && !Array.isArray(outputs)
    ? { ...outputs }
    : { answer: outputs };
}

/** Each value under its name. */
function Part({ title, values }: { title: string; values: Record<string, unknown> }) {
  return (
    <section>
      <h3 className="mb-1 text-sm font-semibold">{title}</h3>
      <div className="space-y-2">
        {Object.entries(values).map(([name, value]) => (
          <Value key={name} name={name} value={value} />
        ))}
      </div>
    </section>
  );
}

/** Text is for reading, so its lines break; everything else stands as JSON. */
function Value({ name, value }: { name: string; value: unknown }) {
  if (typeof value !== "string") return <CodeBlock label={name} code={readable(value)} maximumHeight={240} />;
  return (
    <div className="rounded-lg border border-line bg-sunken">
      <p className="border-b border-line px-3.5 py-1.5 font-mono text-xs text-faint">{name}</p>
      <p className="px-3.5 py-2.5 text-sm break-words whitespace-pre-wrap">{value}</p>
    </div>
  );
}

function Source({ project, record }: { project: string; record: RecordDetail }) {
  if (record.traceId !== null)
    return (
      <TextLink to="/projects/$project/traces/$trace" params={{ project, trace: record.traceId }}>
        the trace {record.traceId}
      </TextLink>
    );
  const { sourceId, sourceType } = record;
  return (
    <>
      {sourceWords(record)}
      {sourceId !== null && <code className="ml-2 font-mono text-xs break-all">{sourceId}</code>}
      {sourceType === "TRACE" && <span className="text-faint"> that is not in this project</span>}
    </>
  );
}

function moment(atMs: number, by: string | null): string {
  return by === null ? dateTime(atMs) : `${dateTime(atMs)} by ${by}`;
}
