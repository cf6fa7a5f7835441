// The graph of a target: from `pipe plan --json`, kept up to date by the events of a run.

import type { RunEvent, StepEvent, StepState } from "./events";

/** What a plan says of a node, or a run of a step. */
export type NodeState = "cached" | "will-run" | "action" | "unknown" | "fails" | StepState;

export interface GraphNode {
  id: number;
  name: string;
  step: boolean;
  state: NodeState;
  /** More about the state, one line. */
  detail: string;
  file: string | undefined;
  /** From 1. */
  line: number | undefined;
  inputs: number[];
  /** How long it took, or took the last time. */
  ms: number | undefined;
}

export interface Graph {
  nodes: GraphNode[];
}

interface PlannedNode {
  id: number;
  name: string;
  step: boolean;
  status: NodeState;
  why: string;
  expected_ms?: number | null;
  file?: string | null;
  line?: number | null;
  inputs: number[];
}

/** The graph of a plan. Throws when the text is none. */
export function parsePlan(text: string): Graph {
  const read = JSON.parse(text) as { v?: unknown; nodes?: unknown };
  if (read.v !== 1 || !Array.isArray(read.nodes)) {
    throw new Error("`pipe plan --json` gave another format than this extension reads");
  }
  const nodes = (read.nodes as PlannedNode[]).map((node) => ({
    id: node.id,
    name: node.name,
    step: node.step,
    state: node.status,
    detail: node.why,
    file: node.file ?? undefined,
    line: node.line ?? undefined,
    inputs: node.inputs,
    ms: node.expected_ms ?? undefined,
  }));
  return { nodes };
}

/** Only the steps; what was between two of them is an edge. What does not run but stands in the way stays. */
export function stepsOnly(graph: Graph): Graph {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const shown = (node: GraphNode) => node.step || node.state === "fails" || node.state === "action";
  const known = new Map<number, number[]>();
  // Nodes come in no order that is promised; graphs may be too deep for recursion.
  const reached = (start: GraphNode): number[] => {
    const found = new Set<number>();
    const seen = new Set<number>();
    const open = [...start.inputs];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const node = byId.get(id);
      if (node === undefined || seen.has(id)) {
        continue;
      }
      seen.add(id);
      if (shown(node)) {
        found.add(id);
      } else {
        const all = known.get(id);
        if (all === undefined) {
          open.push(...node.inputs);
        } else {
          all.forEach((input) => found.add(input));
        }
      }
    }
    const inputs = [...found].sort((a, b) => a - b);
    known.set(start.id, inputs);
    return inputs;
  };
  const inputs = new Map(graph.nodes.map((node) => [node.id, reached(node)]));
  return { nodes: graph.nodes.filter(shown).map((node) => ({ ...node, inputs: inputs.get(node.id) ?? [] })) };
}

/** A graph that the events of a run change. */
export class LiveGraph {
  /** Nodes by the numbers that the run gives its steps. */
  private readonly running = new Map<number, GraphNode>();
  /** Nodes that no step of the run is yet, by what both the plan and the run know of them. */
  private readonly waiting = new Map<string, GraphNode[]>();
  private next: number;

  constructor(readonly graph: Graph) {
    for (const node of graph.nodes) {
      const place = placeOf(node);
      this.waiting.set(place, [...(this.waiting.get(place) ?? []), node]);
    }
    this.next = graph.nodes.reduce((most, node) => Math.max(most, node.id), -1) + 1;
  }

  /** The node that an event changes, once it is changed; a step that the plan did not know is added. */
  apply(event: RunEvent): GraphNode | undefined {
    if (event.event === "failure") {
      const node = this.running.get(event.id);
      if (node !== undefined) {
        node.detail = event.message;
      }
      return node;
    }
    if (event.event !== "step") {
      return undefined;
    }
    const node = this.running.get(event.id) ?? this.taken(event) ?? this.added(event);
    this.running.set(event.id, node);
    node.state = event.state;
    node.detail = event.reason ?? event.state;
    node.ms = event.ms ?? (event.state === "running" ? node.ms : undefined);
    return node;
  }

  /** Numbers of a plan and of a run are the same as long as nothing that only running tells decides; name and place always are. */
  private taken(event: StepEvent): GraphNode | undefined {
    const candidates = this.waiting.get(placeOf(event)) ?? [];
    const at = Math.max(0, candidates.findIndex((node) => node.id === event.id));
    return candidates.splice(at, 1)[0];
  }

  private added(event: StepEvent): GraphNode {
    const { name, state, file, line } = event;
    const node: GraphNode = { id: this.next, name, step: true, state, detail: "", file, line, inputs: [], ms: undefined };
    this.next += 1;
    this.graph.nodes.push(node);
    return node;
  }
}

function placeOf({ name, file, line }: { name: string; file?: string | undefined; line?: number | undefined }): string {
  return JSON.stringify([name, file ?? "", line ?? 0]);
}
