import type { IconName } from "../icons.tsx";

export interface GraphNode {
  id: string;
  label: string;
  /** A word above the label: "stage", "dataset version". */
  kind?: string;
  icon?: IconName;
  state?: string;
  detail?: string;
  /** It stands for several: how many of them are in which state. */
  states?: Readonly<Record<string, number>>;
  /** It lies on the way that is drawn strongly. */
  isCritical?: boolean;
  /** It is not what the reader searches. */
  isFaint?: boolean;
}

export interface GraphEdge {
  from: string;
  to: string;
  label?: string;
}

export interface Size {
  width: number;
  height: number;
}

export const nodeWidth = 178;
export const nodeHeight = 62;
