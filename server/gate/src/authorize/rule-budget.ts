/** What one evaluation of a rule may still take. */
export interface RuleBudget {
  /** Begin an evaluation, with all that one may take. */
  refill(): void;
  /** @throws Error when an evaluation has taken more than it may */
  charge(cost: number): void;
}

/**
 * What one evaluation may take, in steps of about a nanosecond: a search through a text of 4 MiB, or two macros over
 * 10,000 items each.
 */
const BUDGET = 10_000_000;

/** Create the budget of rules that are evaluated one after the other, each without waiting for anything. */
export function createRuleBudget(): RuleBudget {
  let left = BUDGET;
  return {
    refill() {
      left = BUDGET;
    },
    charge(cost) {
      left -= cost;
      if (!(left >= 0)) {
        throw new Error("the rule takes more steps than one may take for a message");
      }
    },
  };
}
