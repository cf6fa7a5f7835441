// What editor and server said to each other, as `tap.mjs` noted it.

import { existsSync, readFileSync } from "node:fs";

export class Notes {
  constructor(file) {
    this.file = file;
  }

  /** Every note so far; the last line may be half written. */
  all() {
    const text = existsSync(this.file) ? readFileSync(this.file, "utf8") : "";
    return text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  }

  /** The process of the server that was started last. */
  server() {
    return this.all().findLast(({ from, message }) => from === "tap" && message.method === "started")?.server;
  }

  /** The last thing that the editor told a server of a file: its whole text as it was opened, or a change; with its version. */
  lastSent(name) {
    return this.all().findLast(
      ({ from, message }) =>
        from === "client" && /^textDocument\/did(Open|Change)$/.test(message.method) && message.params.textDocument.uri.endsWith(name),
    )?.message.params.textDocument;
  }

  /** The diagnostics that a server published last for a file. */
  lastPublished(name) {
    return this.all().findLast(({ message }) => message.method === "textDocument/publishDiagnostics" && message.params.uri.endsWith(name))?.message.params;
  }

  /** The answer to the last request of a method, once it is there. */
  lastAnswer(method) {
    const all = this.all();
    const asked = all.findLast(({ from, message }) => from === "client" && message.method === method);
    return asked && all.find(({ from, server, message }) => from === "server" && server === asked.server && message.id === asked.message.id && !message.method)?.message;
  }
}
