// The language server: started once, again when it ends by itself, and on demand. What is open is told to each new one by the client, as
// it is at that time, so no edit is lost with a server.

import * as vscode from "vscode";
import { LanguageClient, LanguageClientOptions, ServerOptions, State } from "vscode-languageclient/node";

import { program, showsCacheState } from "./settings";

/** The scheme of the files of the standard library, which are on no disk. */
const STANDARD_LIBRARY = "pipe-std";
/** How often within three minutes a server that ends is started again. */
const RESTARTS = 9;

/** What the server is doing. */
export type ServerState = "starting" | "running" | "stopped";

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly changed = new vscode.EventEmitter<ServerState>();
  private readonly output = vscode.window.createOutputChannel("pipe language server");
  private readonly provider: vscode.Disposable;

  /** Tells whenever the state becomes another one. */
  readonly onDidChangeState = this.changed.event;

  constructor() {
    const provideTextDocumentContent = (uri: vscode.Uri) => this.standardLibrary(uri);
    this.provider = vscode.workspace.registerTextDocumentContentProvider(STANDARD_LIBRARY, { provideTextDocumentContent });
  }

  /** Starts it. That it cannot be started is shown; the editor goes on with colours alone. */
  async start(): Promise<void> {
    const command = program();
    const server: ServerOptions = { command, args: ["lsp"] };
    const options: LanguageClientOptions = {
      documentSelector: [
        { language: "pipe", scheme: "file" },
        { language: "pipe", scheme: "untitled" },
      ],
      initializationOptions: { standardLibrary: true, cacheState: showsCacheState() },
      connectionOptions: { maxRestartCount: RESTARTS },
      outputChannel: this.output,
    };
    const client = new LanguageClient("pipe", "pipe", server, options);
    client.onDidChangeState(({ newState }) => {
      if (this.client === client) {
        this.changed.fire(named(newState));
      }
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.changed.fire("stopped");
      void explain(command, error instanceof Error ? error.message : String(error));
    }
  }

  /** Ends it and starts another one. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    const stopping = this.client;
    this.client = undefined;
    this.changed.fire("stopped");
    if (stopping?.isRunning()) {
      await stopping.stop();
    }
  }

  /** What client and server say to each other, and what the server logs. */
  showOutput(): void {
    this.output.show(true);
  }

  dispose(): void {
    this.provider.dispose();
    this.changed.dispose();
    this.output.dispose();
  }

  private async standardLibrary(uri: vscode.Uri): Promise<string> {
    const text = await this.client?.sendRequest<string | null>("pipe/standardLibrary", { uri: uri.toString() });
    return text ?? "";
  }
}

function named(state: State): ServerState {
  switch (state) {
    case State.Running:
      return "running";
    case State.Starting:
      return "starting";
    default:
      return "stopped";
  }
}

async function explain(command: string, reason: string): Promise<void> {
  const settings = "Open Settings";
  const message = `\`${command} lsp\` cannot be started: ${reason}. The setting \`pipe.path\` names the program.`;
  if ((await vscode.window.showErrorMessage(message, settings)) === settings) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "pipe.path");
  }
}
