// Colours over whole programs: nothing that a file opens may stay open, and an item is an item wherever it stands.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createOnigScanner, createOnigString, loadWASM } from "vscode-oniguruma";
import { IGrammar, INITIAL, parseRawGrammar, Registry } from "vscode-textmate";

const GRAMMAR = "syntaxes/pipe.tmLanguage.json";
/** Folders with programs that are right, from the extension's own. */
const PROGRAMS = ["../../examples", "../../lang/syntax/tests/programs", "../../stdlib"];
const ITEM = /^(pub\s+)?(fn|action|param|record|enum|opaque|let|use|test)\b/;

async function grammar(): Promise<IGrammar> {
  const wasm = readFileSync("node_modules/vscode-oniguruma/release/onig.wasm");
  await loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  const registry = new Registry({
    onigLib: Promise.resolve({ createOnigScanner, createOnigString }),
    loadGrammar: () => Promise.resolve(parseRawGrammar(readFileSync(GRAMMAR, "utf8"), GRAMMAR)),
  });
  const loaded = await registry.loadGrammar("source.pipe");
  assert.ok(loaded !== null);
  return loaded;
}

function programs(): string[] {
  return PROGRAMS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".pipe"))
      .map((name) => join(folder, name)),
  );
}

test("every program is colored to its end", async () => {
  const loaded = await grammar();
  const files = programs();
  assert.ok(files.length > 20, `${files.length} programs`);
  const wrong: string[] = [];
  for (const file of files) {
    let state = INITIAL;
    let quoted = false;
    readFileSync(file, "utf8").split("\n").forEach((line, index) => {
      const { tokens, ruleStack } = loaded.tokenizeLine(line, state);
      const first = tokens[0]?.scopes.join(" ") ?? "";
      if (ITEM.test(line) && !quoted && !/storage|keyword/.test(first)) {
        wrong.push(`${file}:${index + 1}: ${first}`);
      }
      state = ruleStack;
      // The text of a script or of a long string may begin a line with anything.
      quoted = (quoted ? 1 : 0) + (line.match(/"""/g)?.length ?? 0) % 2 === 1;
    });
    if (state.depth !== 1) {
      wrong.push(`${file}: ${state.depth} scopes at its end`);
    }
  }
  assert.deepEqual(wrong, []);
});
