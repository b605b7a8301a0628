import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { wait } from "../model/wait.ts";
import { applyTokenLife } from "./apply-token-life.ts";
import { useServices } from "./services-context.tsx";

/** The length of tokens as components see it. */
export interface ChosenLife {
  /** What the viewer has chosen, in milliseconds; undefined: what the server likes. */
  readonly lifeMs: number | undefined;
  readonly choose: (lifeMs: number | undefined) => void;
  /** Whether the next token is being fetched for it. */
  readonly pending: boolean;
  /** Grows when a shorter life has come into force: streams that run on a longer one are to be opened anew. */
  readonly run: number;
}

/** Let the viewer choose how long tokens last, and put a shorter life into force at once. */
export function useTokenLife(): ChosenLife {
  const { session, tokenLife } = useServices();
  const lifeMs = useSyncExternalStore(tokenLife.subscribe, tokenLife.getSnapshot);
  const [pending, setPending] = useState(false);
  const [run, setRun] = useState(0);
  const attempt = useRef<AbortController>(undefined);
  useEffect(() => () => attempt.current?.abort(), []);

  const apply = async (wantedMs: number, signal: AbortSignal): Promise<void> => {
    setPending(true);
    const isApplied = await applyTokenLife({ session, wait }, wantedMs, signal);
    if (signal.aborted) {
      return;
    }
    setPending(false);
    if (isApplied) {
      setRun((before) => before + 1);
    }
  };
  const choose = (wantedMs: number | undefined): void => {
    attempt.current?.abort();
    attempt.current = new AbortController();
    tokenLife.choose(wantedMs);
    setPending(false);
    // A longer life needs no hurry: the next token has it, and the stream goes over to that one in place.
    if (wantedMs !== undefined) {
      void apply(wantedMs, attempt.current.signal);
    }
  };
  return { lifeMs, choose, pending, run };
}
