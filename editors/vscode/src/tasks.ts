// Tasks: `pipe` in a terminal, where it can ask for grants and approvals.

import * as vscode from "vscode";

import { quietly } from "./listing";
import { packages } from "./packages";
import { program, runFlags } from "./settings";

/** The type of the tasks, as in `tasks.json`. */
export const TASK = "pipe";

/** A task in `tasks.json`. */
export interface Definition extends vscode.TaskDefinition {
  command: "run" | "plan" | "why" | "test" | "check";
  /** A target; of `test` a part of the titles. */
  target?: string;
  /** What follows the target. */
  args?: string[];
  /** The package's folder, relative to the workspace folder. */
  package?: string;
}

/** Commands that take the flags of the settings. */
const TAKES_FLAGS = new Set(["run", "test"]);

/** A task of a package. */
export function task(folder: vscode.Uri, definition: Definition): vscode.Task {
  const target = definition.target === undefined ? [] : definition.command === "test" ? ["--", definition.target] : [definition.target];
  const flags = TAKES_FLAGS.has(definition.command) ? runFlags() : [];
  const words = [definition.command, ...flags, ...target, ...(definition.args ?? [])];
  const scope = vscode.workspace.getWorkspaceFolder(folder) ?? vscode.TaskScope.Workspace;
  const name = [definition.command, definition.target].filter((word) => word !== undefined).join(" ");
  const execution = new vscode.ProcessExecution(program(), words, { cwd: folder.fsPath });
  const made = new vscode.Task(definition, scope, name, TASK, execution, []);
  made.group = definition.command === "test" ? vscode.TaskGroup.Test : definition.command === "run" ? vscode.TaskGroup.Build : undefined;
  made.presentationOptions = { clear: true, reveal: vscode.TaskRevealKind.Always };
  return made;
}

export class Tasks implements vscode.TaskProvider {
  /** Whatever can be run without being asked for anything, and the tests, of every package. */
  async provideTasks(): Promise<vscode.Task[]> {
    if (!vscode.workspace.isTrusted) {
      return [];
    }
    const found = (await packages()).map(async (folder) => {
      const name = inWorkspace(folder);
      // A package with errors has tests, at least; what is wrong is shown where it is.
      const listing = await quietly(folder);
      const free = listing?.parameters.some((parameter) => parameter.required)
        ? []
        : (listing?.targets.filter((target) => !target.parameters.some((parameter) => parameter.required)) ?? []);
      const runs = free.map((target) => task(folder, { type: TASK, command: "run", target: target.name, ...name }));
      return [...runs, task(folder, { type: TASK, command: "test", ...name })];
    });
    return (await Promise.all(found)).flat();
  }

  /** A task of `tasks.json`. */
  resolveTask(written: vscode.Task): vscode.Task | undefined {
    const definition = written.definition as Definition;
    const root = typeof written.scope === "object" ? written.scope.uri : vscode.workspace.workspaceFolders?.[0]?.uri;
    if (root === undefined) {
      return undefined;
    }
    return task(definition.package === undefined ? root : vscode.Uri.joinPath(root, definition.package), definition);
  }
}

function inWorkspace(folder: vscode.Uri): { package?: string } {
  const root = vscode.workspace.getWorkspaceFolder(folder)?.uri;
  const relative = root && folder.path !== root.path ? folder.path.slice(root.path.length + 1) : "";
  return relative === "" ? {} : { package: relative };
}
