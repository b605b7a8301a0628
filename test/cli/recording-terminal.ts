import type { Terminal } from "../../server/cli/src/command.ts";

/** A terminal that remembers what was printed, and answers what it is told to. */
export interface RecordingTerminal extends Terminal {
  readonly printed: string[];
  readonly warned: string[];
  /** Have it open its files anew. */
  hangUp(): void;
}

/** Make a terminal. By default nobody sits at it, and its input and environment are empty. */
export function recordingTerminal(
  parts: { readonly env?: Record<string, string>; readonly input?: string; readonly confirms?: boolean } = {},
): RecordingTerminal {
  const printed: string[] = [];
  const warned: string[] = [];
  const listeners = new Set<() => void>();
  return {
    env: parts.env ?? {},
    printed,
    warned,
    print: (line) => void printed.push(line),
    warn: (line) => void warned.push(line),
    readInput: async () => parts.input ?? "",
    askSecret: async () => undefined,
    confirm: async () => parts.confirms,
    onHangup(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    hangUp() {
      for (const listener of listeners) {
        listener();
      }
    },
    stopped: Promise.resolve("SIGTERM"),
  };
}
