import type { Interceptor } from "@connectrpc/connect";
import type { Access } from "./access.ts";
import type { SessionContext } from "./session-context.ts";
import type { StepUps } from "./step-up.ts";

/** What a session shares with the sessions that follow it. */
export interface SessionCore extends Pick<SessionContext, "clock" | "holder" | "binding"> {
  readonly access: Access;
  /** Asks the user to sign in again. Absent: the session has no `onStepUp`. */
  readonly stepUps: StepUps | undefined;
  /** Each looks at the token and at streams: those of the session and of its followers. */
  readonly looks: Set<() => void>;
}

/** What sessions are made of: by their interceptors, which copies of a session object have as well. */
export const CORES: WeakMap<Interceptor, SessionCore> = new WeakMap();
