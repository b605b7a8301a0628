import { afterEach, beforeEach, vi } from "vitest";

/** Let the time pass that a server takes to close, where a test has it in its hands. */
export function passWhileClosing(closed: Promise<void>): Promise<void> {
  if (vi.isFakeTimers()) {
    vi.advanceTimersByTime(1);
  }
  return closed;
}

const TIMERS = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;

/**
 * Put the clocks and the timers of this process into the hands of each test of a file: time passes when the test says
 * so, with `vi.advanceTimersByTime`. Sockets, files and other processes go on by themselves.
 */
export function holdTime(): void {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date", "performance", ...TIMERS] }));
  afterEach(() => void vi.useRealTimers());
}
