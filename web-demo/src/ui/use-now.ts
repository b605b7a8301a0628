import { useEffect, useState } from "react";

/**
 * Look at the clock again and again.
 *
 * @param everyMs how often, in milliseconds
 * @returns milliseconds since 1970
 */
export function useNow(everyMs: number): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
}
