// Makes code-server whole: npm gets it without its own dependencies, and its installer refuses root. What is there already is left.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const editor = join(modules, "code-server/lib/vscode");
/** Written last. */
const done = join(modules, ".prepared");
/** What the workbench finds text in files with. */
const RIPGREP = "/usr/bin/rg";

function npm(folder, ...args) {
  execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
}

const changed = (file) => statSync(file).mtimeMs;
if (!existsSync(done) || changed(done) < changed(join(here, "package-lock.json"))) {
  npm(here, "ci", "--ignore-scripts");
  // Its lock file does not fit its own manifest, so `npm ci` refuses it.
  npm(editor, "install", "--omit=dev", "--ignore-scripts");
  // The native modules without which it does not start.
  npm(here, "rebuild", "argon2");
  npm(editor, "rebuild", "@vscode/spdlog", "native-watchdog");
  // Its own script asks the registry for the builder that npm brings along.
  npm(here, "run", "build-terminals");
  const bin = join(editor, "node_modules/@vscode/ripgrep/bin");
  mkdirSync(bin, { recursive: true });
  if (!existsSync(join(bin, "rg"))) {
    symlinkSync(RIPGREP, join(bin, "rg"));
  }
  writeFileSync(done, "");
}
