import { useQuery } from "@tanstack/react-query";
import { Navigate, useSearch } from "@tanstack/react-router";
import { EmptyState } from "../../components/answers.tsx";
import { Icon } from "../../components/icons.tsx";
import { PlainLink } from "../../components/link.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { RelativeTime } from "../../components/time.tsx";
import { projectsQuery } from "../../data/projects.ts";
import { Answer } from "../../shell/answer.tsx";

/** Every project; a single one opens by itself. */
export function Projects() {
  const query = useQuery(projectsQuery);
  const { all } = useSearch({ strict: false });
  return (
    <Answer query={query}>
      {({ projects }) => {
        const [only] = projects;
        if (only && projects.length === 1 && !all)
          return <Navigate to="/projects/$project" params={{ project: only.id }} replace />;
        return (
          <>
            <PageHeader
              title="Projects"
              lead="One loop each: from an objective to a monitored model and back."
            />
            {projects.length === 0 ? (
              <EmptyState
                icon="feedback"
                title="No project yet"
                command={"gyre new my-project\ncd my-project && gyre apply"}
              >
                <p>
                  A project is a folder with a <code className="font-mono">gyre.yaml</code>. The demonstration
                  brings one that goes all the way round: <code className="font-mono">gyre demo</code>
                </p>
              </EmptyState>
            ) : (
              <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
                {projects.map((project) => (
                  <li key={project.id}>
                    <PlainLink
                      to="/projects/$project"
                      params={{ project: project.id }}
                      className="group flex items-center gap-4 rounded-xl border border-line bg-panel p-5 hover:border-line-strong"
                    >
                      <span className="flex size-10 items-center justify-center rounded-lg bg-accent-wash text-accent">
                        <Icon name="feedback" size={20} />
                      </span>
                      <span className="min-w-0">
                        <span className="block truncate text-lg font-semibold group-hover:text-accent">
                          {project.id}
                        </span>
                        <span className="text-sm text-faint">
                          begun <RelativeTime atMs={project.createdAtMs} />
                        </span>
                      </span>
                    </PlainLink>
                  </li>
                ))}
              </ul>
            )}
          </>
        );
      }}
    </Answer>
  );
}
