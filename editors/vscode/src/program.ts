// Starting `pipe` for its output. Never a shell between, so that no name is read as a command; never in a workspace that is not trusted.

import { spawn } from "node:child_process";
import * as vscode from "vscode";

import { program } from "./settings";

/** What a program that ended left. */
export interface Ended {
  /** Its exit code; `undefined` when a signal ended it. */
  code: number | undefined;
  stdout: string;
  stderr: string;
}

/** Listens to a program while it runs. */
export interface Listener {
  stdout?(text: string): void;
  stderr?(text: string): void;
}

/** It may not run, or could not be started. */
export class NotStarted extends Error {}

/** More output than this is cut off. */
const LIMIT = 16 * 1024 * 1024;

/**
 * Runs `pipe` in a folder to its end. A cancelled one is interrupted as Ctrl-C would, so that it cleans up.
 * Throws `NotStarted`.
 */
export function runPipe(args: string[], folder: vscode.Uri, token?: vscode.CancellationToken, listener: Listener = {}): Promise<Ended> {
  if (!vscode.workspace.isTrusted) {
    return Promise.reject(new NotStarted("nothing runs in a workspace that is not trusted"));
  }
  const command = program();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: folder.fsPath, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    const cancelled = token?.onCancellationRequested(() => child.kill("SIGINT"));
    const ended: Ended = { code: undefined, stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        if (ended[stream].length < LIMIT) {
          ended[stream] += text;
        }
        listener[stream]?.(text);
      });
    }
    child.on("error", (error) => {
      cancelled?.dispose();
      reject(new NotStarted(`\`${command}\` cannot be started: ${error.message}. The setting \`pipe.path\` names the program.`));
    });
    child.on("close", (code) => {
      cancelled?.dispose();
      resolve({ ...ended, code: code ?? undefined });
    });
    if (token?.isCancellationRequested) {
      child.kill("SIGINT");
    }
  });
}

/** Like `runPipe`, and shows why when it did not end with 0. */
export async function askPipe(args: string[], folder: vscode.Uri, token?: vscode.CancellationToken): Promise<string | undefined> {
  try {
    const ended = await runPipe(args, folder, token);
    if (ended.code === 0) {
      return ended.stdout;
    }
    void vscode.window.showErrorMessage(`pipe ${args[0] ?? ""}: ${reason(ended)}`);
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
  return undefined;
}

/** The first line of what it said. */
export function reason(ended: Ended): string {
  const line = ended.stderr.split("\n").find((text) => text.trim() !== "");
  return line?.trim() ?? `exit code ${ended.code ?? "unknown"}`;
}
