import { useQuery } from "@connectrpc/connect-query";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { ReactNode } from "react";
import { formatCountdown, formatTokenLife, remainingFraction } from "../model/time.ts";
import { useSession } from "../session/use-session.ts";
import { Rosette } from "../ui/rosette.tsx";
import { useMedia } from "../ui/use-media.ts";
import { useNow } from "../ui/use-now.ts";

/** A token that lives less than this is drawn ten times a second; one that lives longer, once. */
const SHORT_LIFE_MS = 120_000;

/** The access token as it runs out: a ring that empties, the time that is left, and a pulse at each refresh. */
export function TokenPanel(): ReactNode {
  const { issuedAtMs = 0, expiresAtMs = 0, generation, refreshing, degraded } = useSession();
  const still = useMedia("(prefers-reduced-motion: reduce)");
  const lifetimeMs = expiresAtMs - issuedAtMs;
  const nowMs = useNow(lifetimeMs < SHORT_LIFE_MS && !still ? 100 : 1000);
  const state = stateOf({ isLeft: nowMs < expiresAtMs, refreshing, degraded });
  const left = remainingFraction(issuedAtMs, expiresAtMs, nowMs);
  return (
    <section className="token" aria-labelledby="token-title">
      <h2 className="label token__title" id="token-title">
        Access token
      </h2>
      <div className="token__dial">
        <Rosette className="token__rosette" />
        <svg className="token__ring" viewBox="0 0 200 200" fill="none" aria-hidden="true">
          <circle className="token__track" cx="100" cy="100" r="94" />
          <circle
            className="token__left"
            cx="100"
            cy="100"
            r="94"
            pathLength="1"
            strokeDasharray="1"
            strokeDashoffset={1 - left}
            strokeOpacity={left > 0 ? 1 : 0}
          />
        </svg>
        <span key={generation} className="token__pulse" aria-hidden="true" />
        <div className="token__reading">
          <span className="token__time" role="timer" aria-label="Time until the access token expires">
            {formatCountdown(expiresAtMs - nowMs)}
          </span>
          <span className="token__unit">{UNITS[state]}</span>
        </div>
      </div>
      <dl className="token__facts">
        <div>
          <dt>Generation</dt>
          <dd data-testid="generation">{generation}</dd>
        </div>
        <div>
          <dt>Lasts</dt>
          <dd data-testid="life">{formatTokenLife(lifetimeMs)}</dd>
        </div>
        <div>
          <dt>State</dt>
          <dd>{state}</dd>
        </div>
        <BindingFact />
      </dl>
    </section>
  );
}

/** Whose key the token is good with, as the server sees it. */
function BindingFact(): ReactNode {
  const { data: who } = useQuery(SessionService.method.whoAmI);
  return (
    <div className="token__binding">
      <dt>Bound to</dt>
      <dd>{who && (who.binding === "dpop" ? "This browser" : "Nothing")}</dd>
    </div>
  );
}

type TokenState = "Valid" | "Refreshing" | "Expired";

const UNITS = {
  Valid: "until it expires",
  Refreshing: "the next one comes",
  Expired: "it has expired",
} satisfies Record<TokenState, string>;

/** A token whose end is seen just before the next one arrives is being refreshed: only a server that is away leaves it expired. */
function stateOf(seen: {
  readonly isLeft: boolean;
  readonly refreshing: boolean;
  readonly degraded: boolean;
}): TokenState {
  if (seen.isLeft && !seen.refreshing) {
    return "Valid";
  }
  return seen.degraded && !seen.isLeft ? "Expired" : "Refreshing";
}
