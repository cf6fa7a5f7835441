import assert from "node:assert/strict";
import { test } from "node:test";

import type { StepEvent } from "../../src/model/events";
import { GraphNode, LiveGraph, parsePlan, stepsOnly } from "../../src/model/graph";
import { BOX, layout } from "../../src/model/layout";
import { readFromPage } from "../../src/model/messages";

function node(id: number, inputs: number[], more: Partial<GraphNode> = {}): GraphNode {
  return { id, name: `n${id}`, step: true, state: "will-run", detail: "", file: "main.pipe", line: id + 1, inputs, ms: undefined, ...more };
}

function step(id: number, of: GraphNode, state: StepEvent["state"]): StepEvent {
  return { event: "step", id, name: of.name, state, ...(of.file === undefined ? {} : { file: of.file }), ...(of.line === undefined ? {} : { line: of.line }) };
}

test("a plan is read", () => {
  const planned = { id: 1, name: "build", operation: "exec", step: true, status: "cached", why: "cached", expected_ms: null, key: "k", file: null, line: null, inputs: [0] };
  const { nodes } = parsePlan(JSON.stringify({ v: 1, nodes: [planned], actions: [], unknown: [] }));
  assert.deepEqual(nodes, [{ id: 1, name: "build", step: true, state: "cached", detail: "cached", file: undefined, line: undefined, inputs: [0], ms: undefined }]);
  assert.throws(() => parsePlan('{"v":2,"nodes":[]}'));
});

test("between steps there is one edge, whatever lies between", () => {
  const graph = { nodes: [node(0, []), node(1, [0], { step: false }), node(2, [1], { step: false }), node(3, [2, 1]), node(4, [3])] };
  assert.deepEqual(stepsOnly(graph).nodes.map(({ id, inputs }) => [id, inputs]), [[0, []], [3, [0]], [4, [3]]]);
});

test("a deep graph needs no deep stack", () => {
  const nodes = Array.from({ length: 20_000 }, (_, id) => node(id, id === 0 ? [] : [id - 1], { step: id % 2 === 0 }));
  assert.equal(stepsOnly({ nodes }).nodes.length, 10_000);
  assert.equal(layout({ nodes }).nodes.length, 20_000);
});

test("events change the node with their name and place, though its number is another one", () => {
  const graph = { nodes: [node(7, []), node(8, [7])] };
  const live = new LiveGraph(graph);
  assert.equal(live.apply(step(2, node(8, []), "running"))?.id, 8);
  assert.equal(live.apply({ ...step(2, node(8, []), "failed"), reason: "exit code 1" })?.detail, "exit code 1");
  assert.equal(live.apply({ event: "failure", id: 2, name: "n8", message: "the script said no" })?.detail, "the script said no");
  assert.deepEqual(graph.nodes.map(({ state }) => state), ["will-run", "failed"]);
});

test("two steps of one place are two nodes, by number where that is the same", () => {
  const twin = { name: "twin", line: 3 };
  const graph = { nodes: [node(1, [], twin), node(2, [], twin)] };
  const live = new LiveGraph(graph);
  assert.equal(live.apply(step(2, node(2, [], twin), "running"))?.id, 2);
  assert.equal(live.apply(step(1, node(1, [], twin), "running"))?.id, 1);
  assert.equal(graph.nodes.length, 2);
});

test("a step that the plan could not know is added", () => {
  const live = new LiveGraph({ nodes: [node(5, [])] });
  assert.equal(live.apply(step(9, node(1, [], { name: "late" }), "running"))?.id, 6);
  assert.equal(live.apply(step(9, node(1, [], { name: "late" }), "ran"))?.state, "ran");
  assert.deepEqual(live.graph.nodes.map(({ name }) => name), ["n5", "late"]);
});

test("a node stands right of all it needs, and no two overlap", () => {
  const nodes = [node(0, []), node(1, []), node(2, [0]), node(3, [2, 1]), node(4, [0, 99])];
  const placed = layout({ nodes });
  const at = new Map(placed.nodes.map((each) => [each.id, each]));
  for (const { from, to } of placed.edges) {
    assert.ok((at.get(from)?.x ?? 0) + BOX.width < (at.get(to)?.x ?? 0), `${from} is left of ${to}`);
  }
  const boxes = placed.nodes.map(({ x, y }) => `${x},${y}`);
  assert.equal(new Set(boxes).size, nodes.length);
  assert.deepEqual(placed.edges.find(({ from }) => from === 99), undefined);
  placed.nodes.forEach(({ x, y }) => assert.ok(x + BOX.width <= placed.width && y + BOX.height <= placed.height));
});

test("the page is not believed", () => {
  assert.deepEqual(readFromPage({ kind: "open", node: 3, more: 1 }), { kind: "open", node: 3 });
  assert.deepEqual([null, "run", {}, { kind: "open", node: "3" }, { kind: "exec" }].map(readFromPage), [undefined, undefined, undefined, undefined, undefined]);
});
