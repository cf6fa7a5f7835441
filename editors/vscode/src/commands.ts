// The commands. Code lenses hand two arguments over: the package's folder as a URI, and the name of the item.

import * as vscode from "vscode";

import type { Graphs } from "./graph/graphs";
import { chooseTarget } from "./listing";
import { choosePackage } from "./packages";
import { askForParameters, Asked } from "./parameters";
import { Definition, TASK, task } from "./tasks";

type Handler = (folder?: unknown, name?: unknown) => Promise<void>;

/** Registers every command that starts `pipe`. */
export function registerCommands(graphs: Graphs): vscode.Disposable {
  const handlers: Record<string, Handler> = {
    "pipe.run": (folder, name) => inTerminal("run", "required", folder, name),
    "pipe.runWith": (folder, name) => inTerminal("run", "any", folder, name),
    "pipe.plan": (folder, name) => inTerminal("plan", "required", folder, name),
    "pipe.why": (folder, name) => inTerminal("why", "required", folder, name),
    "pipe.test": test,
    "pipe.graph": async (folder, name) => {
      const chosen = await chooseTarget(uriOf(folder), nameOf(name));
      const flags = chosen && (await askForParameters(chosen, "required"));
      if (chosen !== undefined && flags !== undefined) {
        await graphs.show(chosen, flags);
      }
    },
  };
  const registered = Object.entries(handlers).map(([command, handler]) => vscode.commands.registerCommand(command, trusted(handler)));
  return vscode.Disposable.from(...registered);
}

/** Nothing runs before the user trusts the workspace. */
function trusted(handler: Handler): Handler {
  return async (folder, name) => {
    if (vscode.workspace.isTrusted) {
      return handler(folder, name);
    }
    const manage = "Manage Workspace Trust";
    const message = "pipe runs nothing in a workspace that is not trusted.";
    if ((await vscode.window.showWarningMessage(message, manage)) === manage) {
      await vscode.commands.executeCommand("workbench.trust.manage");
    }
  };
}

async function inTerminal(command: "run" | "plan" | "why", asked: Asked, folder: unknown, name: unknown): Promise<void> {
  await vscode.workspace.saveAll(false);
  const chosen = await chooseTarget(uriOf(folder), nameOf(name));
  const args = chosen && (await askForParameters(chosen, asked));
  if (chosen !== undefined && args !== undefined) {
    await execute(chosen.folder, { type: TASK, command, target: chosen.target.name, args });
  }
}

async function test(folder: unknown, title: unknown): Promise<void> {
  await vscode.workspace.saveAll(false);
  const chosen = uriOf(folder) ?? (await choosePackage());
  const target = nameOf(title);
  if (chosen !== undefined) {
    await execute(chosen, { type: TASK, command: "test", ...(target === undefined ? {} : { target, exact: true }) });
  }
}

async function execute(folder: vscode.Uri, definition: Definition): Promise<void> {
  await vscode.tasks.executeTask(task(folder, definition));
}

/** From the title bar of an editor the first argument is the file, which is no package. */
function uriOf(argument: unknown): vscode.Uri | undefined {
  return typeof argument === "string" && argument !== "" ? vscode.Uri.parse(argument, true) : undefined;
}

function nameOf(argument: unknown): string | undefined {
  return typeof argument === "string" && argument !== "" ? argument : undefined;
}
