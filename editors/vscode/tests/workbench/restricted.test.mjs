// A workspace that is not trusted: colours and the language server, and nothing of the workspace runs.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Editor } from "./lib/editor.mjs";

let editor;

before(async () => {
  editor = await Editor.start(join(import.meta.dirname, "workspaces/restricted"), { trusted: false, name: "restricted" });
});
after(() => editor?.close());

test("in Restricted Mode the server that the user chose runs, and nothing else", async () => {
  await editor.page.locator("#status\\.workspaceTrust").waitFor();
  await editor.open("main.pipe");
  assert.deepEqual((await editor.upToDate("main.pipe")).filter(({ severity }) => severity === 1), []);
  await editor.screenshot("open");
  // Commands that would start something are not offered.
  await editor.press("F1");
  await editor.quickInput(">pipe: ");
  const rows = editor.page.locator(".quick-input-widget:visible .monaco-list-row");
  await rows.filter({ hasText: "Restart the Language Server" }).waitFor();
  const offered = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-label") ?? ""));
  assert.deepEqual(offered.filter((label) => /Run a Target|Run the Tests|Graph|Plan/.test(label)), []);
  await editor.screenshot("commands");
  await editor.press("Escape");
  await editor.command("pipe: Restart the Language Server");
  await editor.upToDate("main.pipe");
  assert.ok(!editor.exists("it-ran"), "a program of the workspace ran");
});
