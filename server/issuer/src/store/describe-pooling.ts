import type { MessageBus } from "@countersign/server";
import type { Pooling } from "./find-pooling.ts";

const POOLED =
  "the database is behind a pooler that hands out connections by transaction: limits of time go with each transaction";

const NO_TIMEOUT =
  "single statements have no limit of time behind the pooler: give the role one, with ALTER ROLE … SET statement_timeout = '10s'";

const NAMED = "statements are prepared, since it carries them";

const NOT_NAMED =
  "statements are planned anew each time, since it carries none that are prepared: PgBouncer does from 1.21 on, with max_prepared_statements";

const OVER_BUS = "messages between servers go over the bus that was given";

const PAST_POOLER = "messages between servers go past it, over the listen URL";

const NO_LISTEN_URL =
  "messages between servers need a URL of the database past it (--database-listen-url, listenUrl): until then, revocations " +
  "come by polling, and streams are renewed on their own server alone";

/** Describe what follows from a pooler, for the operator: what is used in its place, and what is missing. */
export function describePooling(
  { isPooled, hasStatementTimeout, carriesNames }: Pooling,
  { listenUrl, bus }: { readonly listenUrl?: string | undefined; readonly bus?: MessageBus },
): readonly string[] {
  if (!isPooled) {
    return [];
  }
  const own = listenUrl === undefined ? NO_LISTEN_URL : PAST_POOLER;
  const messages = bus?.reachesAllServers === true ? OVER_BUS : own;
  const statements = carriesNames ? NAMED : NOT_NAMED;
  return [`${POOLED}; ${statements}; ${messages}`, ...(hasStatementTimeout ? [] : [NO_TIMEOUT])];
}
