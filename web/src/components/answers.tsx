import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { CodeBlock } from "./code-block.tsx";
import { Icon, type IconName } from "./icons.tsx";

/** Nothing here yet: says what would be here and how to get it. */
export function EmptyState({
  icon = "ring",
  title,
  children,
  command,
  actions,
  page = false,
}: EmptyStateProps) {
  return (
    <div className="mx-auto flex max-w-xl flex-col items-center px-6 py-14 text-center">
      <span className="mb-4 flex size-11 items-center justify-center rounded-full border border-line bg-sunken text-faint">
        <Icon name={icon} size={20} />
      </span>
      <Title page={page}>{title}</Title>
      {children && <div className="mt-1 text-soft">{children}</div>}
      {command && (
        <div className="mt-4 w-full text-left">
          <CodeBlock code={command} />
        </div>
      )}
      {actions && <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}

export interface EmptyStateProps {
  icon?: IconName;
  title: string;
  children?: ReactNode;
  command?: string;
  actions?: ReactNode;
  /** It stands for the whole page, so its title is the heading of the page. */
  page?: boolean;
}

/** What failed, why, and the next step; `again` offers to try once more. */
export function ErrorState({
  title = "This could not be shown",
  problem,
  again,
  children,
  page = false,
}: ErrorStateProps) {
  return (
    <div role="alert" className="mx-auto max-w-xl px-6 py-14">
      <div className="mb-3 flex items-center gap-2 text-bad">
        <Icon name="cross" size={18} strokeWidth={2} />
        <Title page={page}>{title}</Title>
      </div>
      <p className="text-ink">{problem.message}</p>
      {problem.next && (
        <p className="mt-2 text-soft">
          <span className="font-medium text-ink">Next: </span>
          {problem.next}
        </p>
      )}
      <p className="mt-3 font-mono text-xs text-faint">{problem.code}</p>
      <div className="mt-5 flex flex-wrap gap-2">
        {again && (
          <Button icon="feedback" onClick={again}>
            Try again
          </Button>
        )}
        {children}
      </div>
    </div>
  );
}

export interface ErrorStateProps {
  title?: string;
  problem: { code: string; message: string; next?: string | undefined };
  again?: () => void;
  children?: ReactNode;
  page?: boolean;
}

/** The reader may not see this: says which permission is needed and who can give it. */
export function ForbiddenState({ message, next, actions, page = false }: ForbiddenStateProps) {
  return (
    <EmptyState icon="lock" title="Not open to you" actions={actions} page={page}>
      <p>{message}</p>
      {next && <p className="mt-2">{next}</p>}
    </EmptyState>
  );
}

export interface ForbiddenStateProps {
  message: string;
  next?: string;
  actions?: ReactNode;
  page?: boolean;
}

function Title({ page, children }: { page: boolean; children: ReactNode }) {
  if (!page) return <h2 className="text-lg font-semibold">{children}</h2>;
  return (
    <h1 data-page-title="" tabIndex={-1} className="text-lg font-semibold outline-none">
      {children}
    </h1>
  );
}

/** Grey bars of the final size, so that nothing jumps when the answer comes. */
export function Skeleton({
  lines = 3,
  height,
  className = "",
}: {
  lines?: number;
  height?: number;
  className?: string;
}) {
  return (
    <div role="status" aria-label="Loading" className={`breathing space-y-3 ${className}`}>
      {height !== undefined ? (
        <div className="rounded-xl bg-idle-wash" style={{ height }} />
      ) : (
        Array.from({ length: lines }, (_, index) => (
          <div
            key={index}
            className="h-4 rounded bg-idle-wash"
            style={{ width: `${92 - ((index * 17) % 45)}%` }}
          />
        ))
      )}
    </div>
  );
}

/** The skeleton of a whole page: header, a row of numbers, a large panel. */
export function PageSkeleton() {
  return (
    <div>
      <Skeleton lines={2} className="mb-8 max-w-md" />
      <Skeleton height={420} />
    </div>
  );
}
