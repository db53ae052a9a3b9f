import type { ReactNode } from "react";

/** A surface with a heading; `flush` lets a table or chart touch the edges. */
export function Panel({
  title,
  hint,
  actions,
  children,
  footnote,
  flush = false,
  className = "",
}: PanelProps) {
  return (
    <section className={`min-w-0 overflow-clip rounded-xl border border-line bg-panel ${className}`}>
      {title && (
        <div className="flex min-h-12 flex-wrap items-center justify-between gap-x-4 gap-y-1 px-5 py-2.5">
          <div className="flex min-w-0 flex-wrap items-baseline gap-x-3">
            <h2 className="text-base font-semibold">{title}</h2>
            {hint && <p className="text-sm text-faint">{hint}</p>}
          </div>
          {actions && <div className="flex min-w-0 flex-wrap items-center gap-1.5">{actions}</div>}
        </div>
      )}
      <div className={flush ? "" : `px-5 pb-5 ${title ? "pt-1" : "pt-5"}`}>{children}</div>
      {footnote && <p className="border-t border-line px-5 py-2.5 text-xs text-faint">{footnote}</p>}
    </section>
  );
}

export interface PanelProps {
  title?: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  footnote?: ReactNode;
  flush?: boolean;
  className?: string;
}

/** A sentence that must be seen: what is the matter, and what to do. */
export function Notice({ tone, title, children, actions }: NoticeProps) {
  const look = noticeLooks[tone];
  return (
    <div role={tone === "bad" ? "alert" : "status"} className={`rounded-xl border px-5 py-4 ${look}`}>
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0 flex-1">
          <p className="font-semibold">{title}</p>
          {children && <div className="mt-0.5 text-sm text-ink">{children}</div>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  );
}

export interface NoticeProps {
  tone: "good" | "warn" | "bad" | "busy";
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}

const noticeLooks = {
  good: "border-good-line bg-good-wash text-good",
  warn: "border-warn-line bg-warn-wash text-warn",
  bad: "border-bad-line bg-bad-wash text-bad",
  busy: "border-busy-line bg-busy-wash text-busy",
};
