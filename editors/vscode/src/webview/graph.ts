// The page of a graph: draws what the extension sends. Texts are set as text, so that no name is markup.

import type { GraphNode } from "../model/graph";
import type { FromPage, ToPage } from "../model/messages";

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };

const SVG = "http://www.w3.org/2000/svg";
/** More characters than this do not fit in a box. */
const FITS = 24;

const editor = acquireVsCodeApi();
const graph = document.querySelector<SVGSVGElement>("#graph");
const shapes = new Map<number, SVGGElement>();

function element<K extends keyof SVGElementTagNameMap>(name: K, attributes: Record<string, string | number>, text = ""): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, String(value));
  }
  made.textContent = text;
  return made;
}

function fitting(text: string): string {
  return text.length > FITS ? `${text.slice(0, FITS - 1)}…` : text;
}

function below(node: GraphNode): string {
  const time = node.ms === undefined || node.state === "cached" ? "" : node.ms < 1000 ? ` · ${node.ms} ms` : ` · ${(node.ms / 1000).toFixed(1)} s`;
  return node.state.replace("-", " ") + time;
}

function fill(shape: SVGGElement, node: GraphNode, box: { width: number; height: number }): void {
  shape.dataset.state = node.state;
  shape.dataset.name = node.name;
  const place = node.file === undefined ? "" : ` ${node.file}:${node.line ?? 1}`;
  shape.setAttribute("aria-label", `${node.name}: ${node.detail}${place}`);
  shape.replaceChildren(
    element("title", {}, `${node.name}\n${node.detail}${place}`),
    element("rect", { width: box.width, height: box.height, rx: 5 }),
    element("text", { x: 10, y: 18, class: "name" }, fitting(node.name)),
    element("text", { x: 10, y: 35, class: "state" }, fitting(below(node))),
  );
}

let size = { width: 0, height: 0 };

function draw(message: Extract<ToPage, { kind: "graph" }>): void {
  const title = document.querySelector("#title");
  if (graph === null || title === null) {
    return;
  }
  size = message.box;
  title.textContent = message.title;
  graph.setAttribute("width", String(message.layout.width));
  graph.setAttribute("height", String(message.layout.height));
  graph.replaceChildren();
  shapes.clear();
  const places = new Map(message.layout.nodes.map((placed) => [placed.id, placed]));
  for (const { from, to } of message.layout.edges) {
    const [start, end] = [places.get(from), places.get(to)];
    if (start === undefined || end === undefined) {
      continue;
    }
    const [x1, y1, x2, y2] = [start.x + size.width, start.y + size.height / 2, end.x, end.y + size.height / 2];
    const bend = (x1 + x2) / 2;
    graph.append(element("path", { d: `M${x1},${y1} C${bend},${y1} ${bend},${y2} ${x2},${y2}`, class: "edge" }));
  }
  for (const node of message.nodes) {
    const place = places.get(node.id);
    if (place === undefined) {
      continue;
    }
    const shape = element("g", { class: "node", transform: `translate(${place.x},${place.y})`, tabindex: 0, role: "button" });
    fill(shape, node, size);
    const open = () => editor.postMessage({ kind: "open", node: node.id });
    shape.addEventListener("click", open);
    shape.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        open();
      }
    });
    shapes.set(node.id, shape);
    graph.append(shape);
  }
}

function show(id: string, shown: boolean): void {
  const button = document.querySelector<HTMLButtonElement>(`#${id}`);
  if (button !== null) {
    button.hidden = !shown;
  }
}

window.addEventListener("message", (event: MessageEvent<ToPage>) => {
  const message = event.data;
  switch (message.kind) {
    case "graph":
      return draw(message);
    case "state": {
      const shape = shapes.get(message.node.id);
      return shape && fill(shape, message.node, size);
    }
    case "status": {
      const status = document.querySelector("#status");
      if (status !== null) {
        status.textContent = message.text;
      }
      show("run", !message.running);
      show("again", !message.running);
      return show("stop", message.running);
    }
  }
});

for (const kind of ["run", "stop", "again"] as const) {
  document.querySelector(`#${kind}`)?.addEventListener("click", () => editor.postMessage({ kind }));
}
editor.postMessage({ kind: "ready" });
