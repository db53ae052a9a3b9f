import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { EmptyState, Skeleton } from "../../components/answers.tsx";
import { buttonClass } from "../../components/button.tsx";
import { CodeBlock, Digest } from "../../components/code-block.tsx";
import { bytes, plain } from "../../components/format.ts";
import { Icon } from "../../components/icons.tsx";
import { Panel } from "../../components/panel.tsx";
import { artifactHref, artifactPageHref, previewQuery, type Preview } from "../../data/runs.ts";
import { Answer } from "../../shell/answer.tsx";

/** The beginning of a file, as what it is; the whole file is one download away. */
export function ArtifactPreview({ project, run, path }: { project: string; run: string; path: string }) {
  const query = useQuery(previewQuery(project, run, path));
  const href = artifactHref(project, run, path);
  return (
    <Panel
      title={<span className="font-mono text-sm break-all">{path}</span>}
      hint={query.data && bytes(query.data.sizeBytes)}
      actions={
        <a href={href} download className={buttonClass()}>
          <Icon name="download" size={14} />
          Download
        </a>
      }
      footnote={query.data && <Footnote preview={query.data} />}
      flush
    >
      <Answer query={query} skeleton={<Skeleton height={320} className="px-5 pb-5" />}>
        {(preview) => (
          <Content
            preview={preview}
            path={path}
            href={href}
            pageHref={artifactPageHref(project, run, path)}
          />
        )}
      </Answer>
    </Panel>
  );
}

function Content({
  preview,
  path,
  href,
  pageHref,
}: {
  preview: Preview;
  path: string;
  href: string;
  pageHref: string;
}): ReactNode {
  switch (preview.kind) {
    case "image":
      return (
        <div className="flex justify-center bg-sunken p-5">
          <img src={href} alt={path} className="max-h-[65vh] max-w-full object-contain" />
        </div>
      );
    case "page":
      // The server answers it with a sandbox of its own; this one holds even if it did not.
      return (
        <iframe
          src={pageHref}
          title={path}
          sandbox="allow-scripts"
          referrerPolicy="no-referrer"
          className="h-[65vh] w-full border-t border-line bg-white"
        />
      );
    case "table":
      return <Table columns={preview.columns ?? []} rows={preview.rows ?? []} label={path} />;
    case "json":
      return <Text text={indented(preview)} />;
    case "text":
    case "markdown":
      return preview.text === "" ? (
        <EmptyState icon="ring" title="The file is empty" />
      ) : (
        <Text text={preview.text ?? ""} />
      );
    case "none":
      return (
        <EmptyState icon="download" title="This file is not shown here">
          <p>It is neither text nor a table, or an image too large for a page. Download it to open it.</p>
        </EmptyState>
      );
  }
}

function Text({ text }: { text: string }) {
  return (
    <div className="px-5 pb-5">
      <CodeBlock code={text} maximumHeight={Math.round(window.innerHeight * 0.65)} />
    </div>
  );
}

function Table({
  columns,
  rows,
  label,
}: {
  columns: readonly string[];
  rows: readonly (readonly (string | number | boolean | null)[])[];
  label: string;
}) {
  return (
    <div
      role="region"
      aria-label={`Rows of ${label}`}
      tabIndex={0}
      className="scroll-quiet max-h-[65vh] overflow-auto border-t border-line -outline-offset-2"
    >
      <table className="text-sm">
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column}
                scope="col"
                className="sticky top-0 border-b border-line bg-panel px-3 py-2 text-left text-xs font-medium whitespace-nowrap text-faint first:pl-5"
              >
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index} className="hover:bg-hover">
              {row.map((value, column) => (
                <td
                  key={columns[column]}
                  className={`tabular max-w-80 truncate border-b border-line px-3 py-1.5 whitespace-nowrap first:pl-5 ${typeof value === "number" ? "text-right" : ""}`}
                >
                  {value === null ? (
                    <span className="text-faint">–</span>
                  ) : typeof value === "string" ? (
                    value
                  ) : (
                    plain(value)
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Footnote({ preview }: { preview: Preview }) {
  return (
    <span className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <Digest value={preview.digest} />
      {preview.isCut &&
        (preview.kind === "table"
          ? `The first ${preview.rows?.length ?? 0} rows.`
          : "Only the beginning is shown.")}
    </span>
  );
}

/** JSON with line breaks, when all of it is here and it is JSON. */
function indented({ text = "", isCut }: Preview): string {
  if (isCut) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
