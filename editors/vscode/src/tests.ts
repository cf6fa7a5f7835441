// The test explorer: packages, their files, their tests. Results come from the report that `pipe test` writes.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";

import { quietly } from "./listing";
import { parseResults, Result } from "./model/junit";
import type { Test } from "./model/listing";
import { fileOf, nameOf, packageOf, packages } from "./packages";
import { reason, runPipe } from "./program";
import { runFlags } from "./settings";

export class Tests implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController("pipe", "pipe");
  private readonly disposables: vscode.Disposable[] = [this.controller];

  constructor() {
    this.controller.resolveHandler = async (item) => {
      if (item === undefined) {
        await this.discover();
      }
    };
    this.controller.refreshHandler = () => this.discover();
    this.controller.createRunProfile("Run", vscode.TestRunProfileKind.Run, (request, token) => this.run(request, token), true);
    this.disposables.push(
      vscode.workspace.onDidSaveTextDocument(async (document) => {
        const folder = document.languageId === "pipe" && vscode.workspace.isTrusted ? await packageOf(document.uri) : undefined;
        if (folder !== undefined) {
          await this.update(folder);
        }
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.discover()),
    );
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private async discover(): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      return;
    }
    const folders = await packages();
    const known = new Set(folders.map((folder) => folder.toString()));
    this.controller.items.forEach((item) => {
      if (!known.has(item.id)) {
        this.controller.items.delete(item.id);
      }
    });
    await Promise.all(folders.map((folder) => this.update(folder)));
  }

  /** The tests of a package; with errors in it those of before stay. */
  private async update(folder: vscode.Uri): Promise<void> {
    const listing = await quietly(folder);
    if (listing === undefined) {
      return;
    }
    const { tests } = listing;
    const id = folder.toString();
    if (tests.length === 0) {
      this.controller.items.delete(id);
      return;
    }
    const item = this.controller.items.get(id) ?? this.controller.createTestItem(id, nameOf(folder), folder);
    const files = grouped(tests);
    item.children.replace([...files].map(([file, inFile]) => this.file(folder, file, inFile)));
    this.controller.items.add(item);
  }

  private file(folder: vscode.Uri, name: string, tests: Test[]): vscode.TestItem {
    const uri = fileOf(folder, name);
    const item = this.controller.createTestItem(`${folder.toString()}#${name}`, name, uri);
    item.children.replace(
      tests.map((test) => {
        const child = this.controller.createTestItem(idOf(folder, test), test.title, uri);
        child.range = lineRange(test.line);
        return child;
      }),
    );
    return item;
  }

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    await vscode.workspace.saveAll(false);
    const run = this.controller.createTestRun(request);
    const excluded = new Set(request.exclude);
    const byPackage = new Map<string, vscode.TestItem[]>();
    const roots = request.include ?? [...this.controller.items].map(([, item]) => item);
    for (const test of roots.flatMap(leaves).filter((item) => !excluded.has(item))) {
      const root = rootOf(test).id;
      byPackage.set(root, [...(byPackage.get(root) ?? []), test]);
    }
    try {
      for (const [folder, tests] of byPackage) {
        await this.runPackage(run, vscode.Uri.parse(folder, true), tests, token);
      }
    } finally {
      run.end();
    }
  }

  /** One test by its title, several as all of the package: whatever else runs is cached or takes microseconds. */
  private async runPackage(run: vscode.TestRun, folder: vscode.Uri, tests: vscode.TestItem[], token: vscode.CancellationToken): Promise<void> {
    tests.forEach((test) => run.started(test));
    const scratch = await mkdtemp(join(tmpdir(), "pipe-test-"));
    const report = join(scratch, "report.xml");
    const only = tests.length === 1 && tests[0] !== undefined ? ["--exact", "--", tests[0].label] : [];
    // A terminal wants both ends of a line.
    const append = (text: string) => run.appendOutput(text.replace(/\r?\n/g, "\r\n"));
    try {
      const ended = await runPipe(["test", "--progress", "plain", ...runFlags(), "--junit", report, ...only], folder, token, { stdout: append, stderr: append });
      const text = await readFile(report, "utf8").catch(() => undefined);
      const results = new Map((text === undefined ? [] : parseResults(text)).map((result) => [idOf(folder, result), result]));
      for (const test of tests) {
        const result = results.get(test.id);
        if (result === undefined) {
          run.errored(test, new vscode.TestMessage(reason(ended)));
        } else {
          tell(run, test, result);
        }
      }
    } catch (error) {
      tests.forEach((test) => run.errored(test, new vscode.TestMessage(error instanceof Error ? error.message : String(error))));
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}

function tell(run: vscode.TestRun, test: vscode.TestItem, result: Result): void {
  if (result.failure === undefined) {
    run.passed(test, result.ms);
    return;
  }
  const message = new vscode.TestMessage(result.failure);
  if (test.uri !== undefined) {
    message.location = new vscode.Location(test.uri, lineRange(result.line));
  }
  run.failed(test, message, result.ms);
}

/** The same in a listing and in a report. */
function idOf(folder: vscode.Uri, { file, title }: { file: string; title: string }): string {
  return JSON.stringify([folder.toString(), file, title]);
}

function lineRange(line: number): vscode.Range {
  return new vscode.Range(line - 1, 0, line - 1, 0);
}

function leaves(item: vscode.TestItem): vscode.TestItem[] {
  return item.children.size === 0 ? [item] : [...item.children].flatMap(([, child]) => leaves(child));
}

function rootOf(item: vscode.TestItem): vscode.TestItem {
  return item.parent === undefined ? item : rootOf(item.parent);
}

function grouped(tests: Test[]): Map<string, Test[]> {
  const files = new Map<string, Test[]>();
  for (const test of tests) {
    files.set(test.file, [...(files.get(test.file) ?? []), test]);
  }
  return files;
}
