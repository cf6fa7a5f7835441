import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

interface Manifest {
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; enablement?: string }[];
    configuration: { properties: Record<string, { scope: string }> };
    snippets: { path: string }[];
    walkthroughs: { steps: { media: { markdown: string }; completionEvents: string[] }[] }[];
  };
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;

test("a workspace cannot choose what runs", () => {
  const { supported, restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
  assert.equal(supported, "limited");
  for (const name of ["pipe.path", "pipe.run.flags"]) {
    assert.equal(manifest.contributes.configuration.properties[name]?.scope, "machine", name);
    assert.ok(restrictedConfigurations.includes(name), name);
  }
});

test("whatever starts something needs trust", () => {
  const free = manifest.contributes.commands.filter(({ enablement }) => enablement !== "isWorkspaceTrusted").map(({ command }) => command);
  assert.deepEqual(free, ["pipe.restart", "pipe.output", "pipe.menu"]);
});

test("what the manifest names is there", () => {
  const steps = manifest.contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
  for (const file of [...steps.map((step) => step.media.markdown), ...manifest.contributes.snippets.map(({ path }) => path)]) {
    assert.ok(existsSync(file), file);
  }
  const commands = new Set(manifest.contributes.commands.map(({ command }) => `onCommand:${command}`));
  const events = steps.flatMap((step) => step.completionEvents);
  for (const event of events.filter((event) => event.startsWith("onCommand:"))) {
    assert.ok(commands.has(event), event);
  }
  // The editor passes over kinds that it does not know, such as `onLanguage`, and then nothing is ever done.
  for (const event of events) {
    assert.match(event, /^(onCommand|onContext|onLink|onSettingChanged|onView):|^onStepSelected$/);
  }
});
