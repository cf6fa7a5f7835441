// A panel with the graph of a target: the plan, and live during a run.

import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

import type { Chosen } from "../listing";
import { Lines, parseEvent, RunEvent } from "../model/events";
import { Graph, LiveGraph, parsePlan, stepsOnly } from "../model/graph";
import { BOX, layout } from "../model/layout";
import { readFromPage, ToPage } from "../model/messages";
import { fileOf } from "../packages";
import { askPipe, reason, runPipe } from "../program";
import { runFlags, showsEveryNode } from "../settings";
import { page } from "./page";

export class GraphPanel implements vscode.Disposable {
  private readonly panel: vscode.WebviewPanel;
  private live = new LiveGraph({ nodes: [] });
  private running: vscode.CancellationTokenSource | undefined;
  private status = "";

  constructor(
    extension: vscode.Uri,
    private readonly chosen: Chosen,
    private readonly flags: string[],
    closed: () => void,
  ) {
    const resources = [vscode.Uri.joinPath(extension, "dist"), vscode.Uri.joinPath(extension, "media")];
    const options = { enableScripts: true, localResourceRoots: resources };
    this.panel = vscode.window.createWebviewPanel("pipe.graph", `Graph: ${chosen.target.name}`, vscode.ViewColumn.Beside, options);
    const { webview } = this.panel;
    const uri = (...path: string[]) => webview.asWebviewUri(vscode.Uri.joinPath(extension, ...path)).toString();
    webview.onDidReceiveMessage((message) => this.heard(message));
    webview.html = page(
      { script: uri("dist", "graph.js"), style: uri("media", "graph.css"), source: webview.cspSource },
      randomBytes(16).toString("base64url"),
    );
    this.panel.onDidDispose(() => {
      this.running?.cancel();
      closed();
    });
  }

  reveal(): void {
    this.panel.reveal(undefined, true);
  }

  dispose(): void {
    this.panel.dispose();
  }

  /** Asks for the plan and shows it. A run in progress goes on being shown instead. */
  async plan(): Promise<void> {
    if (this.running !== undefined) {
      return;
    }
    await vscode.workspace.saveAll(false);
    const text = await askPipe(["plan", "--json", this.chosen.target.name, ...this.flags], this.chosen.folder);
    if (text === undefined) {
      return;
    }
    try {
      const graph = parsePlan(text);
      this.show(showsEveryNode() ? graph : stepsOnly(graph));
      this.say("");
    } catch (error) {
      this.say(error instanceof Error ? error.message : String(error));
    }
  }

  private show(graph: Graph): void {
    this.live = new LiveGraph(graph);
    this.draw();
  }

  private draw(): void {
    const { graph } = this.live;
    const { name } = this.chosen.target;
    void this.post({ kind: "graph", title: [name, ...this.flags].join(" "), nodes: graph.nodes, layout: layout(graph), box: BOX });
    this.say(this.status);
  }

  private say(text: string): void {
    this.status = text;
    void this.post({ kind: "status", running: this.running !== undefined, text });
  }

  private post(message: ToPage): Thenable<boolean> {
    return this.panel.webview.postMessage(message);
  }

  private async heard(message: unknown): Promise<void> {
    const said = readFromPage(message);
    switch (said?.kind) {
      case "ready":
        // Also when it was hidden and is shown again.
        return this.draw();
      case "open":
        return this.open(said.node);
      case "again":
        return this.plan();
      case "stop":
        return this.running?.cancel();
      case "run":
        return this.run();
      case undefined:
        return undefined;
    }
  }

  private async open(id: number): Promise<void> {
    const node = this.live.graph.nodes.find((each) => each.id === id);
    if (node?.file === undefined) {
      return;
    }
    const line = Math.max(0, (node.line ?? 1) - 1);
    const selection = new vscode.Range(line, 0, line, 0);
    await vscode.window.showTextDocument(fileOf(this.chosen.folder, node.file), { selection, viewColumn: vscode.ViewColumn.One });
  }

  private async run(): Promise<void> {
    if (this.running !== undefined || !(await this.mayRun())) {
      return;
    }
    const running = new vscode.CancellationTokenSource();
    this.running = running;
    this.say("running");
    const lines = new Lines((line) => {
      const event = parseEvent(line);
      if (event !== undefined) {
        this.happened(event);
      }
    });
    let trouble: string | undefined;
    try {
      const args = ["--progress", "json", "run", ...runFlags(), this.chosen.target.name, ...this.flags];
      const ended = await runPipe(args, this.chosen.folder, running.token, { stderr: (text) => lines.push(text) });
      lines.end();
      trouble = ended.code === 0 ? undefined : this.status === "running" ? reason(ended) : this.status;
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    } finally {
      running.dispose();
      this.running = undefined;
    }
    this.say(trouble ?? this.status);
  }

  /** A function changes nothing outside the cache; an action does what it says. */
  private async mayRun(): Promise<boolean> {
    if (!this.chosen.target.action) {
      return true;
    }
    const perform = "Perform";
    const detail = "An action changes what is outside the cache. Approvals are asked for in a terminal only: use “pipe: Run” for those.";
    return (await vscode.window.showWarningMessage(`Perform ${this.chosen.target.name}?`, { modal: true, detail }, perform)) === perform;
  }

  private happened(event: RunEvent): void {
    const before = this.live.graph.nodes.length;
    const node = this.live.apply(event);
    if (this.live.graph.nodes.length !== before) {
      this.draw();
    } else if (node !== undefined) {
      void this.post({ kind: "state", node });
    }
    switch (event.event) {
      case "error":
        return this.say([event.message, event.help].filter((text) => text !== undefined).join(": "));
      case "failure":
        return this.say(`${event.name}: ${event.message}`);
      case "summary":
        return this.say(this.status === "running" ? `${event.ran} ran, ${event.cached} cached in ${event.ms} ms` : this.status);
      default:
        return undefined;
    }
  }
}
