/** What one evaluation of a rule may still take. */
export interface RuleBudget {
  /**
   * Begin an evaluation, with all that one may take.
   *
   * @param conversionCost what it takes to convert once what the rule names of the message
   * @throws Error when that is more
   */
  refill(conversionCost: number): void;
  /** What it takes to convert once what the rule names of the message. */
  readonly conversionCost: number;
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
  const budget = {
    conversionCost: 0,
    refill(conversionCost: number) {
      left = BUDGET;
      budget.conversionCost = conversionCost;
      budget.charge(conversionCost);
    },
    charge(cost: number) {
      left -= cost;
      if (!(left >= 0)) {
        throw new Error("the rule takes more steps than one may take for a message");
      }
    },
  };
  return budget;
}
