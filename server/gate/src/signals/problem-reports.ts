import { isLasting, type SignalsError } from "./signals-error.ts";

/** Reports why no hub sends anything, and not more often than an operator wants to read it. */
export interface ProblemReports {
  /**
   * Take in why a watch has failed.
   *
   * @param isOutage whether all hubs have failed more than once: what passes by itself is not reported before
   */
  failed(error: SignalsError, isOutage: boolean): void;
  /** All is known again: what fails from now on is another outage. */
  recovered(): void;
}

/** Create the reports. @param onError receives each problem once in an outage */
export function createProblemReports(onError: (error: SignalsError) => void): ProblemReports {
  const reported = new Set<string>();
  return {
    failed(error, isOutage) {
      if ((isOutage || isLasting(error)) && !reported.has(error.message)) {
        reported.add(error.message);
        onError(error);
      }
    },
    recovered: () => reported.clear(),
  };
}
