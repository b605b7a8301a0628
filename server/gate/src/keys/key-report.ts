/** The most lines about oddities, and about different failures of one outage, that are written for an issuer. */
const MAX_LINES = 8;

/** Reports how it goes with the keys of one issuer: one line for a cause, not one for each attempt. */
export interface KeyReport {
  /** Why the keys could not be fetched the last time; undefined: nothing is wrong. */
  readonly failure: string | undefined;
  /** The keys could not be fetched. */
  readonly failed: (error: unknown) => void;
  /** The keys were fetched. */
  readonly succeeded: () => void;
  /** Something about the keys is unusual, and may be why a token is refused. */
  readonly odd: (what: string) => void;
}

/**
 * Create the report on the keys of an issuer. A failure is written when none like it was in the same outage, and so is
 * the end of an outage; an oddity once.
 *
 * @param issuer the name of the issuer
 * @param onWarning receives each line. Default: none are written
 */
export function createKeyReport(issuer: string, onWarning: (message: string) => void = () => {}): KeyReport {
  const outage = new Set<string>();
  const oddities = new Set<string>();
  let failure: string | undefined;
  const warnOnce = (said: Set<string>, what: string): void => {
    if (said.size < MAX_LINES && !said.has(what)) {
      said.add(what);
      onWarning(`issuer ${issuer}: ${what}`);
    }
  };
  return {
    get failure() {
      return failure;
    },
    failed(error) {
      failure = `its keys cannot be fetched: ${error instanceof Error ? error.message : "unknown error"}`;
      warnOnce(outage, failure);
    },
    succeeded() {
      failure = undefined;
      if (outage.size > 0) {
        outage.clear();
        onWarning(`issuer ${issuer}: its keys can be fetched again`);
      }
    },
    odd: (what) => warnOnce(oddities, what),
  };
}
