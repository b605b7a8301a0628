import { afterAll } from "vitest";

// The files of a worker share its globals: what one of them leaves behind, all that come after it would go by.
afterAll(() => {
  for (const made of [Date, Date.now]) {
    if (!String(made).includes("[native code]")) {
      throw new Error("a test of this file has left a clock of its own behind: restore the real one");
    }
  }
});
