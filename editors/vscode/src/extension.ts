// The client: starts `pipe lsp` for the files that are open, shows the files of the standard library. Nothing of a workspace
// decides which program is started.

import * as vscode from "vscode";
import { LanguageClient, LanguageClientOptions, ServerOptions } from "vscode-languageclient/node";

/** The scheme of the files of the standard library, which are on no disk. */
const STANDARD_LIBRARY = "pipe-std";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(STANDARD_LIBRARY, { provideTextDocumentContent: standardLibrary }),
    vscode.commands.registerCommand("pipe.restart", restart),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("pipe.path")) {
        await restart();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await stop();
}

/** The program that is started: the user's or the machine's setting, never the workspace's. */
function program(): string {
  const setting = vscode.workspace.getConfiguration("pipe").inspect<string>("path");
  return setting?.globalValue ?? setting?.defaultValue ?? "pipe";
}

async function start(): Promise<void> {
  const command = program();
  const server: ServerOptions = { command, args: ["lsp"] };
  const options: LanguageClientOptions = {
    documentSelector: [
      { language: "pipe", scheme: "file" },
      { language: "pipe", scheme: "untitled" },
    ],
    initializationOptions: { standardLibrary: true },
  };
  client = new LanguageClient("pipe", "pipe", server, options);
  try {
    await client.start();
  } catch (error) {
    const settings = "Open Settings";
    const reason = error instanceof Error ? error.message : String(error);
    // Not awaited: the editor goes on with colours alone.
    void vscode.window
      .showErrorMessage(`\`${command} lsp\` cannot be started: ${reason}. The setting \`pipe.path\` names the program.`, settings)
      .then((choice) => {
        if (choice === settings) {
          void vscode.commands.executeCommand("workbench.action.openSettings", "pipe.path");
        }
      });
  }
}

async function stop(): Promise<void> {
  const stopping = client;
  client = undefined;
  if (stopping?.isRunning()) {
    await stopping.stop();
  }
}

async function restart(): Promise<void> {
  await stop();
  await start();
}

async function standardLibrary(uri: vscode.Uri): Promise<string> {
  const text = await client?.sendRequest<string | null>("pipe/standardLibrary", { uri: uri.toString() });
  return text ?? "";
}
