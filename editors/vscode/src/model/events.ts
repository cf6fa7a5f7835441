// The lines of `--progress json` (docs/reference/events.md). What is not known is skipped, as the format asks of its readers.

/** States of a step during a run. */
export type StepState = "cached" | "running" | "ran" | "failed" | "skipped";

export interface StepEvent {
  event: "step";
  id: number;
  name: string;
  state: StepState;
  ms?: number;
  file?: string;
  line?: number;
  reason?: string;
}

export interface LogEvent {
  event: "log";
  id: number;
  text: string;
}

export interface FailureEvent {
  event: "failure";
  id: number;
  name: string;
  message: string;
  help?: string;
  log?: string;
}

export interface MessageEvent {
  event: "error" | "warning" | "notice";
  message: string;
  help?: string;
}

export interface SummaryEvent {
  event: "summary";
  cached: number;
  ran: number;
  failed: number;
  skipped: number;
  ms: number;
}

export type RunEvent = StepEvent | LogEvent | FailureEvent | MessageEvent | SummaryEvent;

/** The version of the format that this reads. */
const VERSION = 1;
const KNOWN = new Set<unknown>(["step", "log", "failure", "error", "warning", "notice", "summary"]);
const STATES = new Set<unknown>(["cached", "running", "ran", "failed", "skipped"]);

/** An event of a line; `undefined` for what is none, and for events that are not known. */
export function parseEvent(line: string): RunEvent | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof read !== "object" || read === null) {
    return undefined;
  }
  const object = read as Record<string, unknown>;
  if (object.v !== VERSION || !KNOWN.has(object.event)) {
    return undefined;
  }
  const well = object.event !== "step" || (typeof object.id === "number" && typeof object.name === "string" && STATES.has(object.state));
  return well ? (object as unknown as RunEvent) : undefined;
}

/** Cuts what comes in pieces into lines. */
export class Lines {
  private rest = "";

  constructor(private readonly line: (line: string) => void) {}

  push(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      this.line(line);
    }
  }

  /** The last line may have no end. */
  end(): void {
    if (this.rest !== "") {
      this.line(this.rest);
    }
    this.rest = "";
  }
}
