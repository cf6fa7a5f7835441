// The item in the status bar: what the language server does, and a menu.

import * as vscode from "vscode";

import type { Server, ServerState } from "./server";

const ICONS: Record<ServerState, string> = { starting: "$(loading~spin)", running: "$(check)", stopped: "$(error)" };

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("pipe.status", vscode.StatusBarAlignment.Left);
  private readonly disposables: vscode.Disposable[];

  constructor(server: Server) {
    this.item.name = "pipe";
    this.item.command = "pipe.menu";
    this.say("starting");
    this.disposables = [
      this.item,
      server.onDidChangeState((state) => this.say(state)),
      vscode.window.onDidChangeActiveTextEditor(() => this.show()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.show()),
      vscode.commands.registerCommand("pipe.menu", menu),
    ];
    this.show();
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private say(state: ServerState): void {
    this.item.text = `${ICONS[state]} pipe`;
    this.item.tooltip = `pipe: the language server is ${state}`;
    this.item.backgroundColor = state === "stopped" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
  }

  /** Only beside a `.pipe` file. */
  private show(): void {
    if (vscode.window.activeTextEditor?.document.languageId === "pipe") {
      this.item.show();
    } else {
      this.item.hide();
    }
  }
}

const MENU: { label: string; command: string; runs: boolean }[] = [
  { label: "$(play) Run a target…", command: "pipe.run", runs: true },
  { label: "$(type-hierarchy) Show the graph of a target…", command: "pipe.graph", runs: true },
  { label: "$(list-tree) Plan a target…", command: "pipe.plan", runs: true },
  { label: "$(beaker) Run the tests", command: "pipe.test", runs: true },
  { label: "$(refresh) Restart the language server", command: "pipe.restart", runs: false },
  { label: "$(output) Show the output of the language server", command: "pipe.output", runs: false },
];

async function menu(): Promise<void> {
  const items = MENU.filter((item) => vscode.workspace.isTrusted || !item.runs);
  const picked = await vscode.window.showQuickPick(items, { placeHolder: "pipe" });
  if (picked !== undefined) {
    await vscode.commands.executeCommand(picked.command);
  }
}
