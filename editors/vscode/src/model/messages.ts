// What the page of a graph and the extension say to each other.

import type { GraphNode } from "./graph";
import type { Layout } from "./layout";

/** To the page. */
export type ToPage =
  /** All of it anew. */
  | { kind: "graph"; title: string; nodes: GraphNode[]; layout: Layout; box: { width: number; height: number } }
  /** A node has another state. */
  | { kind: "state"; node: GraphNode }
  /** Whether a run is in progress, and what is said below the title. */
  | { kind: "status"; running: boolean; text: string };

/** From the page. It is not trusted: `readFromPage` looks at every field. */
export type FromPage = { kind: "ready" } | { kind: "run" } | { kind: "stop" } | { kind: "again" } | { kind: "open"; node: number };

/** A message of the page; `undefined` for what is none. */
export function readFromPage(message: unknown): FromPage | undefined {
  if (typeof message !== "object" || message === null) {
    return undefined;
  }
  const { kind, node } = message as Record<string, unknown>;
  switch (kind) {
    case "ready":
    case "run":
    case "stop":
    case "again":
      return { kind };
    case "open":
      return typeof node === "number" ? { kind, node } : undefined;
    default:
      return undefined;
  }
}
