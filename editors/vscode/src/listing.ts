// What a package offers, asked of `pipe`.

import * as vscode from "vscode";

import { Listing, named, parseListing, Target } from "./model/listing";
import { choosePackage } from "./packages";
import { askPipe, runPipe } from "./program";

/** What a package offers; `undefined` when that was not told, and why was shown. */
export async function list(folder: vscode.Uri): Promise<Listing | undefined> {
  const text = await askPipe(["list", "--json"], folder);
  try {
    return text === undefined ? undefined : parseListing(text);
  } catch (error) {
    void vscode.window.showErrorMessage(`pipe list: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** What a package offers; `undefined` when that was not told, and nobody asked. */
export async function quietly(folder: vscode.Uri): Promise<Listing | undefined> {
  try {
    const ended = await runPipe(["list", "--json"], folder);
    return ended.code === 0 ? parseListing(ended.stdout) : undefined;
  } catch {
    return undefined;
  }
}

/** A target of a package. */
export interface Chosen {
  folder: vscode.Uri;
  listing: Listing;
  target: Target;
}

/** The target that a code lens names, else the one that the user picks. */
export async function chooseTarget(folder: vscode.Uri | undefined, name: string | undefined): Promise<Chosen | undefined> {
  const chosen = folder ?? (await choosePackage());
  const listing = chosen && (await list(chosen));
  if (chosen === undefined || listing === undefined) {
    return undefined;
  }
  const target = name === undefined ? await pick(listing.targets) : named(listing, name);
  return target && { folder: chosen, listing, target };
}

async function pick(targets: Target[]): Promise<Target | undefined> {
  const items = targets.map((target) => ({
    label: target.name,
    description: `${target.action ? "action " : ""}→ ${target.type}`,
    detail: target.docs.split("\n")[0],
    target,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: "Target", matchOnDetail: true }))?.target;
}
