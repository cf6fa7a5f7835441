// The packages of a workspace: the folders with a manifest or an entry module.

import * as vscode from "vscode";

/** What makes a folder a package. */
const MARKS = "**/{pipe.toml,main.pipe}";
/** What is other people's, or made. */
const LEFT_OUT = "**/{node_modules,target,.git}/**";
/** More packages than this are not looked for. */
const MOST = 200;

/** Every package, sorted. */
export async function packages(): Promise<vscode.Uri[]> {
  const files = await vscode.workspace.findFiles(MARKS, LEFT_OUT, MOST);
  const folders = new Map(files.map((file) => vscode.Uri.joinPath(file, "..")).map((folder) => [folder.toString(), folder]));
  return [...folders.values()].sort((a, b) => a.path.localeCompare(b.path));
}

/** The package of a file, as the command line finds it: upwards the nearest manifest, else the nearest entry module. */
export async function packageOf(file: vscode.Uri): Promise<vscode.Uri | undefined> {
  const above: vscode.Uri[] = [];
  for (let folder = vscode.Uri.joinPath(file, ".."); above.at(-1)?.path !== folder.path; folder = vscode.Uri.joinPath(folder, "..")) {
    above.push(folder);
  }
  for (const mark of ["pipe.toml", "main.pipe"]) {
    for (const folder of above) {
      if (await exists(vscode.Uri.joinPath(folder, mark))) {
        return folder;
      }
    }
  }
  return undefined;
}

/** The package of the file that is shown, else the one that the user picks. */
export async function choosePackage(): Promise<vscode.Uri | undefined> {
  const shown = vscode.window.activeTextEditor?.document;
  const here = shown?.languageId === "pipe" && shown.uri.scheme === "file" ? await packageOf(shown.uri) : undefined;
  if (here !== undefined) {
    return here;
  }
  const all = await packages();
  if (all.length === 0) {
    void vscode.window.showInformationMessage("No folder with a pipe.toml or a main.pipe is open.");
  }
  if (all.length <= 1) {
    return all[0];
  }
  const items = all.map((folder) => ({ label: nameOf(folder), folder }));
  return (await vscode.window.showQuickPick(items, { placeHolder: "Package" }))?.folder;
}

/** What people call a package: its folder in the workspace. */
export function nameOf(folder: vscode.Uri): string {
  const root = vscode.workspace.getWorkspaceFolder(folder);
  return root?.uri.path === folder.path ? root.name : vscode.workspace.asRelativePath(folder);
}

/** A file that `pipe` names: relative to the package. */
export function fileOf(folder: vscode.Uri, name: string): vscode.Uri {
  return name.startsWith("/") ? vscode.Uri.file(name) : vscode.Uri.joinPath(folder, name);
}

async function exists(file: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(file);
    return true;
  } catch {
    return false;
  }
}
