// Tasks: `pipe` in a terminal, where it can ask for grants and approvals.

import * as vscode from "vscode";

import { quietly } from "./listing";
import { inPackage, Work, words } from "./model/words";
import { packages } from "./packages";
import { program, runFlags } from "./settings";

/** The type of the tasks, as in `tasks.json`. */
export const TASK = "pipe";

/** The matcher of `package.json` for what a check prints; its paths are relative to the workspace folder. */
const MATCHER = "$pipe";

/** A task in `tasks.json`. */
export interface Definition extends vscode.TaskDefinition, Work {
  /** The package's folder, relative to the workspace folder. */
  package?: string;
}

/** A task of a package. */
export function task(folder: vscode.Uri, definition: Definition): vscode.Task {
  const root = vscode.workspace.getWorkspaceFolder(folder);
  const name = [definition.command, definition.target].filter((word) => word !== undefined).join(" ");
  // A check tells paths relative to where it runs, and the matcher knows workspace folders only.
  const isCheck = definition.command === "check";
  const cwd = (isCheck ? root?.uri : undefined) ?? folder;
  const before = isCheck ? inPackage(inWorkspace(folder).package) : [];
  const execution = new vscode.ProcessExecution(program(), [...before, ...words(definition, runFlags())], { cwd: cwd.fsPath });
  const made = new vscode.Task(definition, root ?? vscode.TaskScope.Workspace, name, TASK, execution, isCheck ? [MATCHER] : []);
  made.group = definition.command === "test" ? vscode.TaskGroup.Test : definition.command === "run" ? vscode.TaskGroup.Build : undefined;
  made.presentationOptions = { clear: true, reveal: vscode.TaskRevealKind.Always };
  return made;
}

export class Tasks implements vscode.TaskProvider {
  /** Whatever can be run without being asked for anything, the tests and the check, of every package. */
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
      return [...runs, ...(["test", "check"] as const).map((command) => task(folder, { type: TASK, command, ...name }))];
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
