// What the editor calls. In a workspace that is not trusted only the language server is started, a program that the workspace cannot
// choose and that runs nothing; everything else asks whether the workspace is trusted at the moment it would run something.

import * as vscode from "vscode";

import { registerCommands } from "./commands";
import { Graphs } from "./graph/graphs";
import { Server } from "./server";
import { CACHE_STATE, SECTION } from "./settings";
import { Status } from "./status";
import { TASK, Tasks } from "./tasks";
import { Tests } from "./tests";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const started = new Server();
  const graphs = new Graphs(context.extensionUri);
  server = started;
  context.subscriptions.push(
    started,
    graphs,
    new Status(started),
    new Tests(),
    registerCommands(graphs),
    vscode.tasks.registerTaskProvider(TASK, new Tasks()),
    vscode.commands.registerCommand("pipe.restart", () => started.restart()),
    vscode.commands.registerCommand("pipe.output", () => started.showOutput()),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      // Both are told to the server when it starts.
      if (change.affectsConfiguration(`${SECTION}.path`) || change.affectsConfiguration(`${SECTION}.${CACHE_STATE}`)) {
        await started.restart();
      }
    }),
  );
  await started.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
