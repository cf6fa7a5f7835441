// Waiting for something to become true. No test waits for a time to pass.

import { setTimeout as sleep } from "node:timers/promises";

/** A machine under load is slow; what never comes fails by this. In milliseconds. */
export const LIMIT = Number(process.env.PIPE_TEST_PATIENCE ?? 120_000);

/** Waits until `look` gives something; gives that. What it throws meanwhile is why it failed, if it does. */
export async function until(what, look, limit = LIMIT) {
  const end = Date.now() + limit;
  let last;
  while (Date.now() < end) {
    try {
      last = undefined;
      const found = await look();
      if (found) {
        return found;
      }
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error(`this never came: ${what}${last ? `: ${last}` : ""}`);
}
