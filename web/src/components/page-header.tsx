import type { ReactNode } from "react";

/**
 * The top of every page: where am I (crumbs), what is this (title, state), what can I do (actions).
 * The title receives the focus after a change of page, so that it is read aloud.
 */
export function PageHeader({ crumbs, title, state, lead, meta, actions, mono = false }: PageHeaderProps) {
  return (
    <header className="mb-6">
      {crumbs && crumbs.length > 0 && (
        <nav aria-label="Breadcrumb" className="mb-1.5">
          <ol className="flex flex-wrap items-center gap-1.5 text-sm text-faint">
            {crumbs.map((crumb, index) => (
              <li key={index} className="flex items-center gap-1.5">
                {index > 0 && <span aria-hidden="true">/</span>}
                {crumb}
              </li>
            ))}
          </ol>
        </nav>
      )}
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 flex-1 basis-80">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1
              data-page-title=""
              tabIndex={-1}
              className={`text-2xl font-semibold tracking-tight outline-none ${mono ? "font-mono text-xl break-all" : ""}`}
            >
              {title}
            </h1>
            {state}
          </div>
          {lead && <p className="mt-1 max-w-3xl text-base text-soft">{lead}</p>}
          {meta && (
            <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-faint">{meta}</div>
          )}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
    </header>
  );
}

export interface PageHeaderProps {
  /** Links to the pages above this one, outermost first. */
  crumbs?: readonly ReactNode[];
  title: string;
  state?: ReactNode;
  lead?: ReactNode;
  meta?: ReactNode;
  actions?: ReactNode;
  mono?: boolean;
}
