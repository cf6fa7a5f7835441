// The extension as a person meets it, in a real workbench. The tests go on where the one before left the editor.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Editor } from "./lib/editor.mjs";
import { until } from "./lib/wait.mjs";

let editor;
/** The program as it was, its other module, and how many lines it has. */
let original;
let words;
let lines;

before(async () => {
  editor = await Editor.start(join(import.meta.dirname, "workspaces/trusted"), { name: "trusted" });
  original = readFileSync(editor.file("main.pipe"), "utf8");
  words = readFileSync(editor.file("words.pipe"), "utf8");
  lines = original.split("\n").length;
});
after(() => editor?.close());

function say(title, body) {
  test(title, async () => {
    try {
      await body();
    } catch (error) {
      await editor.screenshot(`failed-${title.replaceAll(/\W+/g, "-")}`);
      throw error;
    }
  });
}

/** What stands in a file of the disk. */
const onDisk = (name) => readFileSync(editor.file(name), "utf8");

say("completion after a container offers its operations", async () => {
  await editor.open("main.pipe");
  assert.deepEqual((await editor.upToDate("main.pipe")).filter(({ severity }) => severity === 1), []);
  await editor.goTo(lines);
  await editor.type('\npub fn box() -> Container {\nimage("alpine").');
  const found = await editor.suggestions("run");
  // Words of the text have another sign.
  assert.equal(found.find(({ label }) => label === "run").kind, "method");
  assert.ok(found.every(({ kind }) => kind !== "text"), JSON.stringify(found));
  await editor.screenshot("completion");
});

say("also while the item above is broken", async () => {
  const broken = original.split("\n").findIndex((line) => line.startsWith("pub fn unit"));
  await editor.goTo(broken + 1);
  await editor.press("End");
  await editor.press("Backspace");
  await editor.type(" ((");
  await until("errors in the broken item", async () => (await editor.upToDate("main.pipe")).some(({ severity }) => severity === 1));
  await editor.goTo(lines + 2, 99);
  await editor.press("Backspace");
  await editor.type(".");
  const found = await editor.suggestions("run");
  assert.equal(found.find(({ label }) => label === "run").kind, "method");
  await editor.screenshot("completion-below-a-broken-item");
});

say("saving leaves diagnostics of the version that is shown", async () => {
  await editor.focus();
  await editor.save();
  const diagnostics = await editor.upToDate("main.pipe");
  assert.ok(diagnostics.some(({ severity }) => severity === 1));
  await editor.screenshot("diagnostics");
  writeFileSync(editor.file("main.pipe"), original);
  await until("the text of the disk", async () => (await editor.upToDate("main.pipe")).every(({ severity }) => severity !== 1));
});

say("a function is renamed in every file", async () => {
  await editor.open("words.pipe");
  const line = onDisk("words.pipe").split("\n").findIndex((text) => text.startsWith("pub fn greeting")) + 1;
  await editor.goTo(line, "pub fn g".length);
  await editor.press("F2");
  const box = editor.page.locator(".rename-box input");
  await box.waitFor();
  await box.fill("salutation");
  await editor.press("Enter");
  // The editor saves what it renames.
  await until("the new name in both files", () => /fn salutation\(/.test(onDisk("words.pipe")) && (onDisk("main.pipe").match(/words\.salutation\(/g) ?? []).length === 3);
  assert.doesNotMatch(onDisk("main.pipe") + onDisk("words.pipe"), /greeting\(/);
  await until("a program without errors", async () => (await editor.upToDate("main.pipe")).every(({ severity }) => severity !== 1));
  await editor.screenshot("renamed");
  // And back, for the tests that follow.
  await rewritten("words.pipe", words, "greeting(");
  await editor.open("main.pipe");
  await rewritten("main.pipe", original, "words.greeting(");
});

/** Writes a file that is open, and waits until the editor shows it. A busy machine's workbench misses a change now and then. */
async function rewritten(name, text, shown) {
  for (let tries = 6; ; tries -= 1) {
    writeFileSync(editor.file(name), text);
    try {
      return await editor.page.locator(".view-lines", { hasText: shown }).waitFor({ timeout: 15_000 });
    } catch (error) {
      if (tries === 1) throw error;
    }
  }
}

say("a server that is killed comes back, and no edit is lost", async () => {
  await editor.open("main.pipe");
  await editor.goTo(lines);
  await editor.type("\n# before");
  await editor.upToDate("main.pipe");
  const killed = editor.notes.server();
  process.kill(killed, "SIGKILL");
  await editor.type(" and after the end");
  await until("another server", () => editor.notes.server() !== killed);
  await until("the whole text in the new server", () => sentSince(killed).includes("# before and after the end"));
  await editor.upToDate("main.pipe");
  await editor.save();
  assert.match(onDisk("main.pipe"), /# before and after the end/);
  // It works, too.
  await editor.type('\npub fn again() -> Container {\nimage("alpine").');
  assert.equal((await editor.suggestions("run")).find(({ label }) => label === "run").kind, "method");
  await editor.screenshot("server-came-back");
  await editor.focus();
  writeFileSync(editor.file("main.pipe"), original);
  await editor.command("File: Revert File");
  await until("the text of before", async () => (await editor.upToDate("main.pipe")).every(({ severity }) => severity !== 1));
});

/** The text of the program as the servers after `killed` were told it. */
function sentSince(killed) {
  const all = editor.notes.all();
  const since = all.slice(all.findLastIndex(({ server }) => server === killed) + 1);
  let text = "";
  for (const { from, message } of since.filter(({ from }) => from === "client")) {
    const document = message.params?.textDocument;
    if (from === "client" && document?.uri?.endsWith("main.pipe")) {
      text = message.method === "textDocument/didOpen" ? document.text : (message.params.contentChanges ?? []).reduce(changed, text);
    }
  }
  return text;
}

function changed(text, { range, text: inserted }) {
  if (range === undefined) {
    return inserted;
  }
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const offset = ({ line, character }) => starts[line] + character;
  return text.slice(0, offset(range.start)) + inserted + text.slice(offset(range.end));
}

say("a target is run in a terminal, after its parameters were asked for", async () => {
  await editor.command("pipe: Run a Target");
  await editor.pick("say");
  // An enum's variants are there to choose from.
  await editor.pick("loud");
  await until("what it says", async () => /HELLO, WORLD/.test(await editor.terminal()));
  await editor.screenshot("run");
});

say("the lens above a test runs it", async () => {
  await editor.goTo(lines);
  await editor.page.locator(".codelens-decoration a", { hasText: "Test" }).first().click();
  await until("its result", async () => /ok\s+greetings greet/.test(await editor.terminal()));
  await editor.screenshot("lenses");
});

say("the test explorer tells which tests hold", async () => {
  await editor.command("Test: Run All Tests");
  await editor.command("Testing: Focus on Test Explorer View");
  const rows = editor.page.locator(".test-explorer .monaco-list-row");
  const folded = editor.page.locator(".test-explorer .monaco-tl-twistie.collapsed");
  await until("results of both tests", async () => {
    if (await folded.count()) {
      await folded.first().click();
    }
    const states = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-label") ?? ""));
    return states.some((state) => /greetings greet.*Passed/.test(state)) && states.some((state) => /this one fails.*Failed/.test(state));
  });
  await editor.screenshot("tests");
});

say("the graph shows steps, runs live, and leads to the source", async () => {
  await editor.command("View: Show Explorer");
  await editor.open("main.pipe");
  await editor.command("pipe: Show the Graph of a Target");
  await editor.pick("unit");
  const graph = await editor.graph();
  const states = () => graph.locator(".node").evaluateAll((all) => all.map(({ dataset }) => `${dataset.name} ${dataset.state}`));
  await until("a step that is not cached", async () => (await states()).some((state) => state.startsWith("unit ") && !/cached|ran/.test(state)));
  await editor.screenshot("graph-planned");
  // Every state that the step is drawn in, as it goes.
  await graph.evaluate(() => {
    const seen = (window.seen = []);
    const note = ([{ target }]) => target.dataset.name === "unit" && seen.push(target.dataset.state);
    new MutationObserver(note).observe(document.querySelector("#graph"), { subtree: true, attributeFilter: ["data-state"] });
  });
  await graph.locator("#run").click();
  await until("a run to the end", async () => (await states()).some((state) => state === "unit ran"));
  const seen = await graph.evaluate(() => window.seen);
  assert.deepEqual(seen, ["running", "ran"]);
  assert.match(await graph.locator("#status").textContent(), /2 ran/);
  await editor.screenshot("graph-ran");
  await graph.locator('.node[data-name="unit"]').click();
  const line = original.split("\n").findIndex((text) => text.startsWith("pub fn unit")) + 1;
  await until("the cursor at the step", async () =>
    (await editor.page.locator("#status\\.editor\\.selection").textContent()).includes(`Ln ${line},`),
  );
});

say("tasks run a target, the tests and the check, whose mistakes are problems", async () => {
  await editor.command("View: Close All Editors");
  await editor.open("words.pipe");
  const rows = editor.page.locator(".quick-input-widget:visible .monaco-list-row");
  const tasks = async () => {
    await editor.command("Tasks: Run Task");
    await rows.filter({ hasText: "pipe", hasNotText: ":" }).click();
    await rows.filter({ hasText: "check" }).first().waitFor();
    return rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-label") ?? ""));
  };
  const offered = await tasks();
  for (const name of ["pipe: run unit", "pipe: test", "pipe: check"]) {
    assert.ok(offered.includes(name), JSON.stringify(offered));
  }
  // It cannot run without being asked for its tone.
  assert.ok(!offered.some((label) => label.includes("say")), JSON.stringify(offered));
  await editor.press("Escape");
  await editor.goTo(1);
  await editor.type("pub fn wrong() -> Int { true }\n");
  await editor.save();
  await tasks();
  await editor.pick("check");
  await until("what is wrong", async () => /words\.pipe:1:\d+: error/.test(await editor.terminal()));
  await editor.command("Problems: Focus on Problems View");
  const problems = editor.page.locator(".markers-panel .monaco-list-row");
  await until("the mistake as a problem of the check", async () => (await problems.allTextContents()).some((text) => /pipe check/.test(text)));
  await editor.screenshot("task");
  await editor.focus();
  writeFileSync(editor.file("words.pipe"), words);
  await editor.command("File: Revert File");
});

say("the status bar says what the server does, and has a menu", async () => {
  await editor.open("main.pipe");
  const item = editor.page.locator('.statusbar-item[id*="pipe.status"]');
  await item.locator(".codicon-check").waitFor();
  assert.match(await item.textContent(), /pipe/);
  await item.click();
  await editor.page.locator(".quick-input-widget:visible .monaco-list-row", { hasText: "Run the tests" }).waitFor();
  await editor.screenshot("menu");
  await editor.press("Escape");
});

say("the walkthrough leads through the first steps", async () => {
  await editor.command("Welcome: Open Walkthrough");
  await editor.pick("Get started with pipe");
  const steps = editor.page.locator(".getting-started-step");
  await steps.filter({ hasText: "Install pipe" }).waitFor();
  for (const title of ["Write a pipeline", "Run it", "Test it", "Look at its graph"]) {
    assert.equal(await steps.filter({ hasText: title }).count(), 1, title);
  }
  // These two are done by reading them.
  for (const title of ["Write a pipeline", "Install pipe"]) {
    const step = steps.filter({ hasText: title });
    await step.click();
    await step.locator(".complete").first().waitFor();
  }
  await editor.screenshot("walkthrough-begun");
  await steps.filter({ hasText: "Run it" }).click();
  await editor.page.locator(".getting-started-step.expanded a, .getting-started-step.expanded button", { hasText: "Run a target" }).waitFor();
  await editor.screenshot("walkthrough");
});

say("snippets, brackets and comments are those of the language", async () => {
  await editor.focus();
  await editor.open("main.pipe");
  await editor.goTo(lines);
  await editor.type("\nrecord");
  const found = await editor.suggestions("record");
  assert.ok(found.some(({ label, kind }) => label === "record" && kind === "snippet"), JSON.stringify(found));
  await editor.page.locator(".suggest-widget.visible .monaco-list-row:has(.codicon-symbol-snippet)", { hasText: "record" }).first().click();
  await editor.press("Escape");
  await editor.press("Escape");
  await editor.save();
  assert.match(onDisk("main.pipe"), /^pub record Name \{\n {2}field: String\n\}/m);
  await editor.press("Control+End");
  await editor.type("\nlet closed: List[Int] = [1");
  await editor.press("Control+/");
  await editor.save();
  assert.match(onDisk("main.pipe"), /^# let closed: List\[Int\] = \[1\]$/m);
  await editor.screenshot("snippet");
});

say("a workspace that is trusted does not choose the program either", () => {
  assert.ok(!editor.exists("it-ran"), "a program of the workspace ran");
});
