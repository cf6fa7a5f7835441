// Asking for the parameters of a target: by type, with what there is to choose from.

import * as vscode from "vscode";

import { flags, form, problem } from "./model/flags";
import type { Parameter } from "./model/listing";
import type { Chosen } from "./listing";

/** `required`: only what has no default. `any`: the user says which. */
export type Asked = "required" | "any";

/** The flags that were chosen; `undefined` when the user gave up. */
export async function askForParameters({ target, listing }: Chosen, asked: Asked): Promise<string[] | undefined> {
  // A parameter of the function hides the package's of the same name.
  const own = new Set(target.parameters.map((parameter) => parameter.name));
  const all = [...target.parameters, ...listing.parameters.filter((parameter) => !own.has(parameter.name))];
  const wanted = asked === "required" ? all.filter((parameter) => parameter.required) : await which(all);
  if (wanted === undefined) {
    return undefined;
  }
  const found: string[] = [];
  for (const parameter of wanted) {
    const values = await ask(parameter);
    if (values === undefined) {
      return undefined;
    }
    found.push(...flags(parameter, values));
  }
  return found;
}

/** Those that the user marks, and those that must be given. */
async function which(all: Parameter[]): Promise<Parameter[] | undefined> {
  const optional = all.filter((parameter) => !parameter.required);
  if (optional.length === 0) {
    return all;
  }
  const items = optional.map((parameter) => ({
    label: parameter.name,
    description: described(parameter),
    detail: parameter.docs.split("\n")[0],
    parameter,
  }));
  const picked = await vscode.window.showQuickPick(items, { canPickMany: true, placeHolder: "Parameters to set; the others keep their defaults" });
  const marked = new Set(picked?.map((item) => item.parameter));
  return picked && all.filter((parameter) => parameter.required || marked.has(parameter));
}

function described(parameter: Parameter): string {
  return parameter.default === undefined ? parameter.type : `${parameter.type} = ${parameter.default}`;
}

async function ask(parameter: Parameter): Promise<string[] | undefined> {
  switch (form(parameter)) {
    case "flag":
      return one(await choose(parameter, ["true", "false"]));
    case "choice":
      return one(await choose(parameter, parameter.values ?? []));
    case "path":
      return one(await path(parameter));
    case "list":
      return several(parameter);
    default:
      return one(await text(parameter, "Enter"));
  }
}

function one(value: string | undefined): string[] | undefined {
  return value === undefined ? undefined : [value];
}

function choose(parameter: Parameter, values: string[]): Thenable<string | undefined> {
  return vscode.window.showQuickPick(values, { placeHolder: `${parameter.name}: ${described(parameter)}`, ignoreFocusOut: true });
}

function text(parameter: Parameter, end: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: `${parameter.name}: ${parameter.type}`,
    prompt: parameter.docs.split("\n")[0] || `${end} takes it`,
    placeHolder: parameter.default,
    ignoreFocusOut: true,
    validateInput: (value) => problem(parameter, value),
  });
}

/** Values until an empty one. */
async function several(parameter: Parameter): Promise<string[] | undefined> {
  const values: string[] = [];
  for (;;) {
    const known = parameter.values ?? [];
    const value = known.length > 0 ? await choose(parameter, ["", ...known]) : await text(parameter, "an empty one ends the list; Enter");
    if (value === undefined) {
      return undefined;
    }
    if (value === "") {
      return values;
    }
    values.push(value);
  }
}

/** A file or a folder of the disk, or what the user types: another repository. */
async function path(parameter: Parameter): Promise<string | undefined> {
  const browse = "Choose on this machine…";
  const type = "Type a path or git+https://…";
  const how = await vscode.window.showQuickPick([browse, type], { placeHolder: `${parameter.name}: ${described(parameter)}`, ignoreFocusOut: true });
  if (how === undefined) {
    return undefined;
  }
  if (how === type) {
    return text(parameter, "Enter");
  }
  const isFile = parameter.type.startsWith("File");
  const picked = await vscode.window.showOpenDialog({ canSelectFiles: isFile, canSelectFolders: !isFile, openLabel: `Use as ${parameter.name}` });
  return picked?.[0]?.fsPath;
}
