import type { ContractBreach } from "./contract.ts";
import type { DatasetState } from "./index.ts";

declare module "#kernel/events" {
  interface Events {
    "dataset_version.created": {
      readonly dataset: string;
      readonly number: number;
      readonly digest: string;
      readonly rows: number;
      readonly state: DatasetState;
      readonly source: string;
    };
    "dataset_version.quarantined": {
      readonly dataset: string;
      readonly number: number;
      readonly breaches: readonly ContractBreach[];
    };
  }
}
