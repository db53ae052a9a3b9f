declare module "#kernel/events" {
  interface Events {
    "deployment.updated": {
      readonly environment: string;
      readonly variants: readonly {
        readonly role: string;
        readonly modelVersionId: string;
        readonly share: number;
      }[];
    };
    /** A candidate answered the holdout and a short load in staging; the evidence is a blob. */
    "candidate.measured": { readonly release: string; readonly evidenceDigest: string };
    "candidate.not_measured": { readonly release: string; readonly reason: string };
    "gateway.started": { readonly processId: number; readonly port: number };
    "gateway.lost": { readonly reason: string };
  }
}

export {};
