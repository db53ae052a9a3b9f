import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { EmptyState } from "../../components/answers.tsx";
import { Button } from "../../components/button.tsx";
import { Digest } from "../../components/code-block.tsx";
import { ColumnsMenu, DataTable, type Column } from "../../components/data-table.tsx";
import { Choice, SearchField } from "../../components/field.tsx";
import { count, dateTime, number } from "../../components/format.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Notice, Panel } from "../../components/panel.tsx";
import { useTableView } from "../../components/table-view.ts";
import { eventsQuery, verifyQuery, type LedgerEvent } from "../../data/audit.ts";
import { Answer, toProblem } from "../../shell/answer.tsx";
import { crumbs } from "../crumbs.tsx";
import { Subject } from "./event-list.tsx";
import { sayEvent } from "./event-words.ts";
import { useNameOf, useRefusal } from "../../shell/who.ts";

type NameOf = (id: string) => string;

const nouns = [
  "charter",
  "dataset_version",
  "execution",
  "step",
  "run",
  "model_version",
  "release",
  "rollout",
  "deployment",
  "incident",
  "outcomes",
  "drift",
];

/** Every change of state, by whom and when, chained so that a change afterwards is found. */
export function Audit() {
  const { project } = useParams({ from: "/projects/$project/audit" });
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const [view, setView] = useTableView();
  const query = useInfiniteQuery(eventsQuery(project, { actor: search.actor }));
  const verify = useQuery(verifyQuery);
  const refusal = useRefusal(undefined, "audit:read");
  const nameOf = useNameOf();
  const columns = useMemo(() => eventColumns(project, nameOf), [project, nameOf]);
  const change = (changed: Record<string, string | undefined>) =>
    void navigate({
      to: ".",
      search: (before: Record<string, unknown>) => ({ ...before, ...changed }),
      replace: true,
    });

  return (
    <>
      <PageHeader
        crumbs={crumbs(project)}
        title="Audit"
        lead="Every change, by whom and when. Each line carries the hash of the one before."
        actions={
          <Button
            icon="gates"
            refused={refusal}
            busy={verify.isFetching}
            onClick={() => void verify.refetch()}
          >
            Verify the chain
          </Button>
        }
      />
      {(verify.data || verify.error) && (
        <div className="mb-5">
          {verify.data ? (
            <Notice
              tone={verify.data.intact ? "good" : "bad"}
              title={verify.data.intact ? "The chain is intact" : "The chain is broken"}
            >
              {verify.data.intact
                ? `${count(verify.data.events, "event")} checked, from the first to the newest.`
                : `The first line that does not fit is ${number(verify.data.firstBroken)}.`}
            </Notice>
          ) : (
            <Notice tone="bad" title="The chain could not be checked">
              {toProblem(verify.error).message}
            </Notice>
          )}
        </div>
      )}
      <Answer query={query} part>
        {({ pages }) => {
          const events = pages
            .flatMap((page) => page.events)
            .filter((event) => matches(event, nameOf, search.filter, search.kinds));
          return (
            <Panel
              title="Events"
              hint={count(events.length, "event")}
              flush
              actions={
                <>
                  <SearchField
                    label="Filter events"
                    className="w-44"
                    value={search.filter ?? ""}
                    onChange={(event) => change({ filter: event.target.value || undefined })}
                  />
                  <Choice
                    label="Noun"
                    hideLabel
                    value={search.kinds ?? ""}
                    options={[
                      { value: "", label: "Everything" },
                      ...nouns.map((noun) => ({ value: noun, label: noun.replaceAll("_", " ") })),
                    ]}
                    onChange={(kinds) => change({ kinds: kinds || undefined })}
                  />
                  <ColumnsMenu columns={columns} view={view} onView={setView} />
                </>
              }
            >
              <DataTable
                label="Events"
                rows={events}
                columns={columns}
                rowKey={(event) => String(event.seq)}
                view={view}
                onView={setView}
                empty={<EmptyState icon="audit" title="No event fits" />}
              />
              {query.hasNextPage && (
                <div className="border-t border-line p-3 text-center">
                  <Button
                    look="quiet"
                    busy={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    Older events
                  </Button>
                </div>
              )}
            </Panel>
          );
        }}
      </Answer>
    </>
  );
}

function matches(event: LedgerEvent, nameOf: NameOf, filter = "", noun = ""): boolean {
  if (noun && event.kind.split(".")[0] !== noun) return false;
  const needle = filter.toLowerCase();
  return (
    !needle ||
    `${sayEvent(event, nameOf).text} ${event.kind} ${event.subject} ${event.actorName}`
      .toLowerCase()
      .includes(needle)
  );
}

function eventColumns(project: string, nameOf: NameOf): Column<LedgerEvent>[] {
  return [
    {
      id: "what",
      header: "What",
      value: (event) => sayEvent(event, nameOf).text,
      cell: (event) => (
        <Subject project={project} event={event}>
          {sayEvent(event, nameOf).text}
        </Subject>
      ),
    },
    { id: "actor", header: "Who", value: (event) => event.actorName },
    { id: "at", header: "When", value: (event) => event.atMs, cell: (event) => dateTime(event.atMs) },
    {
      id: "kind",
      header: "Kind",
      value: (event) => event.kind,
      cell: (event) => code(event.kind),
      hidden: true,
    },
    {
      id: "subject",
      header: "Subject",
      value: (event) => event.subject,
      cell: (event) => code(event.subject),
      hidden: true,
    },
    {
      id: "hash",
      header: "Hash",
      value: (event) => event.hash,
      sortable: false,
      cell: (event) => <Digest value={event.hash} />,
    },
    { id: "seq", header: "#", value: (event) => event.seq, align: "right", title: "Position in the ledger" },
  ];
}

function code(text: string) {
  return <code className="font-mono text-xs">{text}</code>;
}
