import assert from "node:assert/strict";
import { test } from "node:test";

import { page } from "../../src/graph/page";

test("only the page's own script runs", () => {
  const text = page({ script: "vscode-resource:graph.js", style: "vscode-resource:graph.css", source: "vscode-resource:" }, "abc");
  assert.match(text, /content="default-src 'none'; style-src vscode-resource:; script-src 'nonce-abc'"/);
  const scripts = [...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
  assert.deepEqual(scripts, ['<script nonce="abc" src="vscode-resource:graph.js">']);
  assert.doesNotMatch(text, /unsafe|\son\w+=|style="/);
});
