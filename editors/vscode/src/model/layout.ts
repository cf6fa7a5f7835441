// Where the nodes of a graph stand: layers from left to right, each node right of all it needs, the order within a layer by the
// middle of what its nodes need (Sugiyama's method without its last step).

import type { Graph } from "./graph";

export interface Placed {
  id: number;
  x: number;
  y: number;
}

export interface Edge {
  from: number;
  to: number;
}

export interface Layout {
  nodes: Placed[];
  edges: Edge[];
  width: number;
  height: number;
}

/** Sizes in CSS pixels; the page draws boxes of this size. */
export const BOX = { width: 190, height: 44 };
const GAP = { x: 60, y: 18 };
const MARGIN = 16;
/** How often the order within the layers is improved. */
const SWEEPS = 4;

export function layout(graph: Graph): Layout {
  const inputs = new Map(graph.nodes.map((node) => [node.id, node.inputs]));
  const edges = graph.nodes.flatMap((node) => node.inputs.filter((from) => inputs.has(from)).map((from) => ({ from, to: node.id })));
  const depths = layers(inputs);
  const columns: number[][] = [];
  for (const node of graph.nodes) {
    const depth = depths.get(node.id) ?? 0;
    (columns[depth] ??= []).push(node.id);
  }
  order(columns, edges);
  const tallest = Math.max(0, ...columns.map((column) => column.length));
  const nodes = columns.flatMap((column, depth) => {
    const above = ((tallest - column.length) * (BOX.height + GAP.y)) / 2;
    return column.map((id, row) => ({
      id,
      x: MARGIN + depth * (BOX.width + GAP.x),
      y: MARGIN + above + row * (BOX.height + GAP.y),
    }));
  });
  return {
    nodes,
    edges,
    width: 2 * MARGIN + Math.max(1, columns.length) * (BOX.width + GAP.x) - GAP.x,
    height: 2 * MARGIN + Math.max(1, tallest) * (BOX.height + GAP.y) - GAP.y,
  };
}

/** The length of the longest way to each node; a cycle, which no plan has, ends the way. */
function layers(inputs: Map<number, number[]>): Map<number, number> {
  const depths = new Map<number, number>();
  const waiting = new Map<number, number>();
  const needed = new Map<number, number[]>();
  for (const [id, all] of inputs) {
    const known = all.filter((input) => inputs.has(input));
    waiting.set(id, known.length);
    known.forEach((input) => needed.set(input, [...(needed.get(input) ?? []), id]));
  }
  let ready = [...inputs.keys()].filter((id) => waiting.get(id) === 0);
  for (let depth = 0; ready.length > 0; depth += 1) {
    const next: number[] = [];
    for (const id of ready) {
      depths.set(id, depth);
      for (const user of needed.get(id) ?? []) {
        const left = (waiting.get(user) ?? 0) - 1;
        waiting.set(user, left);
        if (left === 0) {
          next.push(user);
        }
      }
    }
    ready = next;
  }
  return depths;
}

/** Puts nodes near what they need, then near what needs them, a few times. */
function order(columns: number[][], edges: Edge[]): void {
  const before = new Map<number, number[]>();
  const after = new Map<number, number[]>();
  for (const { from, to } of edges) {
    before.set(to, [...(before.get(to) ?? []), from]);
    after.set(from, [...(after.get(from) ?? []), to]);
  }
  const rows = new Map<number, number>();
  const note = (column: number[]) => column.forEach((id, row) => rows.set(id, row - column.length / 2));
  columns.forEach(note);
  const sort = (column: number[], neighbors: Map<number, number[]>) => {
    const middle = (id: number) => {
      const near = neighbors.get(id) ?? [];
      return near.length === 0 ? (rows.get(id) ?? 0) : near.reduce((sum, each) => sum + (rows.get(each) ?? 0), 0) / near.length;
    };
    const middles = new Map(column.map((id) => [id, middle(id)]));
    column.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0));
    note(column);
  };
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    columns.forEach((column) => sort(column, before));
    [...columns].reverse().forEach((column) => sort(column, after));
  }
}
