import { type CelEnv, type CelValue, celError, isCelList, isCelMap } from "@bufbuild/cel";
import { appendList } from "./appended-list.ts";
import type { RuleBudget } from "./rule-budget.ts";
import { chargeCall, ITERATION_COST } from "./rule-costs.ts";
import { ITERATED } from "./rule-iterations.ts";

/** How many items a macro may go through. */
const MAX_MACRO_ITEMS = 10_000;

const TOO_MANY_ITEMS = `a macro goes through more than ${MAX_MACRO_ITEMS} items`;

type FuncGroup = NonNullable<ReturnType<CelEnv["funcs"]["find"]>>;

/**
 * Create an environment whose functions draw on a budget. An evaluation that has none left ends with an error, whatever
 * the rule makes of errors.
 */
export function withBudget(env: CelEnv, budget: RuleBudget): CelEnv {
  const groups = new Map<string, FuncGroup>();
  const find = (name: string): FuncGroup | undefined => {
    const known = groups.get(name) ?? chargeGroup(env, name, budget);
    if (known !== undefined) {
      groups.set(name, known);
    }
    return known;
  };
  // Of the same kind as those of the language, which tells its own by a symbol.
  const funcs: CelEnv["funcs"] = Object.create(env.funcs, { find: { value: find } });
  return Object.create(env, { funcs: { value: funcs } });
}

function chargeGroup(env: CelEnv, name: string, budget: RuleBudget): FuncGroup | undefined {
  if (name === ITERATED) {
    const anyGroup = env.funcs.find("size");
    return anyGroup && derive(anyGroup, (_id, _target, [range]) => chargeItems(range, budget));
  }
  const group = env.funcs.find(name);
  return (
    group &&
    derive(group, (id, target, args) => {
      chargeCall(name, { target, args }, budget);
      return ownResult(name, target, args) ?? group.call(id, target, args);
    })
  );
}

function derive(group: FuncGroup, call: FuncGroup["call"]): FuncGroup {
  return Object.create(group, { call: { value: call } });
}

/** What the functions of the language take much longer for than they must. Undefined: they are as good. */
function ownResult(
  name: string,
  target: CelValue | undefined,
  args: readonly CelValue[],
): CelValue | undefined {
  if (name === "size") {
    const [text, ...others] = target === undefined ? args : [target, ...args];
    return typeof text === "string" && others.length === 0 ? BigInt(countCharacters(text)) : undefined;
  }
  const [left, right] = args;
  if (name === "_+_" && left !== undefined && right !== undefined && isCelList(left) && isCelList(right)) {
    return appendList(left, right);
  }
  return undefined;
}

/** What stands for a character in two parts begins with it. */
const HIGH_SURROGATE = /[\ud800-\udbff]/;

/** Count the characters of a text: in one pass, and without a copy of them. */
function countCharacters(text: string): number {
  const first = text.search(HIGH_SURROGATE);
  if (first === -1) {
    return text.length;
  }
  let pairs = 0;
  for (let at = first; at < text.length - 1; at += 1) {
    if ((text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      pairs += 1;
    }
  }
  return text.length - pairs;
}

function chargeItems(range: CelValue | undefined, budget: RuleBudget): ReturnType<FuncGroup["call"]> {
  if (range === undefined) {
    return undefined;
  }
  if (isCelList(range) || isCelMap(range)) {
    const items = range.size;
    if (items > MAX_MACRO_ITEMS) {
      throw new Error(TOO_MANY_ITEMS);
    }
    budget.charge(items * (ITERATION_COST + budget.conversionCost));
    return range;
  }
  return celError("a macro goes through lists and maps only");
}
