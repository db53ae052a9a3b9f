declare module "#kernel/events" {
  interface Events {
    /** Subject: the experiment. Spans come by the thousand; what is recorded is that a batch of them came. */
    "traces.logged": { readonly traces: number; readonly spans: number };
    /** Subject: the experiment. `first` is one of their ids. */
    "traces.imported": { readonly source: string; readonly traces: number; readonly first: string };
    /** Subject: the experiment. */
    "traces.deleted": { readonly traces: number };
    /** Subject: the run. */
    "traces.linked": { readonly traces: number };
    /** Subject: the trace. */
    "trace.prompts_linked": { readonly prompts: readonly string[] };
    "issue.created": { readonly name: string; readonly status: string };
    "issue.changed": { readonly name: string; readonly status: string };
    "assessment.logged": { readonly assessment: string; readonly name: string; readonly kind: string };
    "assessment.changed": { readonly assessment: string; readonly name: string };
    "assessment.deleted": { readonly assessment: string; readonly name: string };
  }
}

export {};
