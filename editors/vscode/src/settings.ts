// The settings that say which program runs, and how. They are of the user and the machine; a workspace's are not looked at.

import * as vscode from "vscode";

/** The section of the settings. */
export const SECTION = "pipe";

/** The program: a name that is looked for on `PATH`, or an absolute path. */
export function program(): string {
  return ofTheUser<string>("path") ?? "pipe";
}

/** Flags of `pipe` for every run, plan and test that the editor starts. */
export function runFlags(): string[] {
  return ofTheUser<string[]>("run.flags") ?? [];
}

/** Whether the graph shows what is no step, too. */
export function showsEveryNode(): boolean {
  return vscode.workspace.getConfiguration(SECTION).get<boolean>("graph.showEveryNode", false);
}

/** The setting that says whether the text shows what is cached. */
export const CACHE_STATE = "inlayHints.cacheState";

/** Whether the text shows what is cached. */
export function showsCacheState(): boolean {
  return vscode.workspace.getConfiguration(SECTION).get<boolean>(CACHE_STATE, true);
}

/** The editor does not offer a workspace's value for settings of scope `machine`; not to ask for it costs nothing. */
function ofTheUser<T>(name: string): T | undefined {
  const setting = vscode.workspace.getConfiguration(SECTION).inspect<T>(name);
  return setting?.globalValue ?? setting?.defaultValue;
}
