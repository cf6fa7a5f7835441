// A workbench of its own: folder, settings, extension, store; and the browser that drives it.

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { Notes } from "./notes.mjs";
import { LIMIT, until } from "./wait.mjs";

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const CODE_SERVER = join(here, "node_modules/code-server/out/node/entry.js");
const VSIX = join(here, "../../pipe.vsix");
const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** Where screenshots are kept. */
const SCREENSHOTS = process.env.PIPE_TEST_SCREENSHOTS ?? resolve(here, "../../../../target/workbench");
/** The program. */
const PIPE = process.env.PIPE_TEST_BINARY ?? resolve(here, "../../../../target/debug/pipe");

const SETTINGS = {
  "files.autoSave": "off",
  "terminal.integrated.gpuAcceleration": "off",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "security.workspace.trust.startupPrompt": "never",
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "editor.minimap.enabled": false,
};

export class Editor {
  /** Starts one on a copy of `workspace`, with the extension installed from its package. */
  static async start(workspace, { trusted = true, name } = {}) {
    const editor = new Editor();
    editor.name = name;
    editor.scratch = mkdtempSync(join(tmpdir(), "pipe-workbench-"));
    editor.folder = join(editor.scratch, "workspace");
    cpSync(workspace, editor.folder, { recursive: true });
    const notes = join(editor.scratch, "notes.jsonl");
    editor.notes = new Notes(notes);
    const pipe = join(editor.scratch, "pipe");
    writeFileSync(pipe, `#!/bin/sh\nexec '${process.execPath}' '${join(here, "lib/tap.mjs")}' '${PIPE}' '${notes}' "$@"\n`);
    chmodSync(pipe, 0o755);
    const data = join(editor.scratch, "data");
    for (const settings of [join(data, "User"), join(data, "Machine")]) {
      mkdirSync(settings, { recursive: true });
      writeFileSync(join(settings, "settings.json"), JSON.stringify({ ...SETTINGS, "pipe.path": pipe }));
    }
    const places = ["--extensions-dir", join(editor.scratch, "extensions"), "--user-data-dir", data];
    const env = { ...process.env, HOME: editor.scratch, PIPE_STORE: join(editor.scratch, "store"), PIPE_CONFIG: join(editor.scratch, "config.toml") };
    execFileSync(process.execPath, [CODE_SERVER, ...places, "--install-extension", VSIX], { stdio: "pipe", env });
    const port = await freePort();
    const log = openSync(join(editor.scratch, "server.log"), "w");
    const trust = trusted ? ["--disable-workspace-trust"] : [];
    const args = [CODE_SERVER, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", ...trust, ...places, editor.folder];
    // A group of its own, so that what it starts can be ended with it.
    editor.server = spawn(process.execPath, args, { stdio: ["ignore", log, log], env, detached: true });
    await until("the workbench answers", async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok);
    editor.browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, headless: true });
    editor.page = await editor.browser.newPage({ viewport: { width: 1400, height: 900 } });
    editor.page.setDefaultTimeout(LIMIT);
    await editor.page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(editor.folder)}`);
    await editor.page.locator(".monaco-workbench").waitFor();
    return editor;
  }

  async close() {
    await this.browser?.close();
    if (this.server?.pid !== undefined) {
      try {
        process.kill(-this.server.pid, "SIGTERM");
      } catch {
        // It ended by itself.
      }
      await until("the workbench ends", () => this.server.exitCode !== null || this.server.signalCode !== null);
    }
    rmSync(this.scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }

  async screenshot(title) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${this.name}-${title}.png`) });
  }

  file(name) {
    return join(this.folder, name);
  }

  exists(name) {
    return existsSync(this.file(name));
  }

  press(keys) {
    return this.page.keyboard.press(keys);
  }

  /** As a person types, a key after the other. */
  type(text) {
    return this.page.keyboard.type(text, { delay: 15 });
  }

  /** Whatever is open over the editor is closed, and the editor has the focus. */
  async focus() {
    await this.press("Escape");
    await this.press("Control+1");
  }

  async quickInput(text) {
    const input = this.page.locator(".quick-input-widget:visible .quick-input-box input");
    await input.waitFor();
    await input.fill(text);
  }

  /** Chooses the entry of the open list that says `text`. */
  async pick(text) {
    const row = this.page.locator(".quick-input-widget:visible .monaco-list-row", { hasText: text }).first();
    await row.waitFor();
    await row.click();
  }

  /** Opens a file and waits until the server has it. */
  async open(name) {
    await this.press("Control+P");
    await this.quickInput(name);
    await this.pick(name);
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await until(`the server is told of ${name}`, () => this.notes.lastSent(name));
  }

  /** Runs a command by its title. */
  async command(title) {
    await this.press("F1");
    await this.quickInput(`>${title}`);
    await this.pick(title);
  }

  /** Puts the cursor there; lines and columns from 1. */
  async goTo(line, column = 1) {
    await this.focus();
    await this.press("Control+G");
    await this.quickInput(`:${line}:${column}`);
    await this.press("Enter");
  }

  /** The offered completions, from the first to the one that is wanted: what each is called, and what kind of thing it is. */
  async suggestions(wanted) {
    const rows = this.page.locator(".suggest-widget.visible .monaco-list-row");
    const found = new Map();
    await until(`the completion ${wanted}`, async () => {
      const shown = await rows.evaluateAll((all) =>
        all.map((row) => ({
          label: row.querySelector(".label-name")?.textContent ?? "",
          kind: /codicon-symbol-([a-z-]+)/.exec(row.querySelector(".suggest-icon")?.className ?? "")?.[1] ?? "",
        })),
      );
      shown.forEach((row) => found.set(JSON.stringify(row), row));
      // Only what is in view is in the page.
      return shown.some(({ label }) => label === wanted) || (shown.length > 0 && void (await this.press("PageDown")));
    });
    return [...found.values()];
  }

  async save() {
    await this.press("Control+S");
    await this.page.locator(".tab.active.dirty").waitFor({ state: "detached" });
  }

  /** Waits until what the server says of a file is about the text that is shown; gives the diagnostics. */
  upToDate(name) {
    return until(`diagnostics of ${name} for its version`, () => {
      const published = this.notes.lastPublished(name);
      return published !== undefined && published.version === this.notes.lastSent(name).version && published.diagnostics;
    });
  }

  /** What the terminals show. */
  terminal() {
    return this.page.locator(".xterm-rows").evaluateAll((all) => all.map((rows) => [...rows.children].map((row) => row.textContent).join("\n")).join("\n"));
  }

  /** The frame of the page of a graph. */
  graph() {
    return until("the page of the graph", async () => {
      for (const frame of this.page.frames()) {
        if (await frame.locator("#graph .node").count().catch(() => 0)) {
          return frame;
        }
      }
      return undefined;
    });
  }
}

function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
