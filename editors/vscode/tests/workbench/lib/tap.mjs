// Stands where the editor expects `pipe`: starts the real one and notes every message that goes either way, a line of JSON each.
// node tap.mjs REAL_PIPE NOTES ARGUMENTS…

import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";

const [, , real, notes, ...args] = process.argv;
if (args[0] !== "lsp") {
  const child = spawn(real, args, { stdio: "inherit" });
  process.on("SIGINT", () => child.kill("SIGINT"));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
} else {
  const child = spawn(real, args, { stdio: ["pipe", "pipe", "inherit"] });
  const note = (from, message) => appendFileSync(notes, `${JSON.stringify({ server: child.pid, from, message })}\n`);
  note("tap", { method: "started" });
  process.stdin.on("data", (bytes) => child.stdin.write(bytes));
  process.stdin.on("end", () => child.stdin.end());
  child.stdin.on("error", () => {});
  child.stdout.on("data", (bytes) => process.stdout.write(bytes));
  process.stdin.on("data", reader((message) => note("client", message)));
  child.stdout.on("data", reader((message) => note("server", message)));
  child.on("exit", (code) => {
    note("tap", { method: "ended" });
    process.exit(code ?? 1);
  });
}

/** Cuts a stream into messages: `Content-Length: N`, an empty line, N bytes. */
function reader(take) {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const head = rest.indexOf("\r\n\r\n");
      const length = head < 0 ? undefined : /Content-Length: (\d+)/i.exec(rest.subarray(0, head).toString("latin1"))?.[1];
      if (length === undefined || rest.length < head + 4 + Number(length)) {
        return;
      }
      const end = head + 4 + Number(length);
      take(JSON.parse(rest.subarray(head + 4, end).toString("utf8")));
      rest = rest.subarray(end);
    }
  };
}
