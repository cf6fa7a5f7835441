// What node's test runner found, in the words of `cargo test`: `cargo xtask test` counts both alike.

export default async function* reporter(source) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of source) {
    if (type === "test:stdout" || type === "test:stderr") {
      yield data.message;
    } else if (type === "test:pass" && data.details.type !== "suite" && data.skip === undefined) {
      // A file is no test of its own.
      if (!data.name.endsWith(".js") && !data.name.endsWith(".mjs")) {
        passed += 1;
        yield `test ${data.name} ... ok (${Math.round(data.details.duration_ms)} ms)\n`;
      }
    } else if (type === "test:fail" && data.details.type !== "suite") {
      failed += 1;
      const error = data.details.error;
      yield `test ${data.name} ... FAILED\n${error?.cause?.stack ?? error?.stack ?? error}\n`;
    }
  }
  yield `test result: ${failed === 0 ? "ok" : "FAILED"}. ${passed} passed; ${failed} failed\n`;
}
