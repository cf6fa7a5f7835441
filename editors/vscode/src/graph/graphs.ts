// The panels that show graphs: one a target.

import * as vscode from "vscode";

import type { Chosen } from "../listing";
import { GraphPanel } from "./panel";

export class Graphs implements vscode.Disposable {
  private readonly panels = new Map<string, GraphPanel>();

  constructor(private readonly extension: vscode.Uri) {}

  /** Shows the graph of a target with these flags. */
  async show(chosen: Chosen, flags: string[]): Promise<void> {
    const key = JSON.stringify([chosen.folder.toString(), chosen.target.name, flags]);
    let panel = this.panels.get(key);
    if (panel === undefined) {
      panel = new GraphPanel(this.extension, chosen, flags, () => this.panels.delete(key));
      this.panels.set(key, panel);
    }
    panel.reveal();
    await panel.plan();
  }

  dispose(): void {
    [...this.panels.values()].forEach((panel) => panel.dispose());
  }
}
