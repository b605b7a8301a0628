import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFairQueue } from "../../../server/gate/src/kernel/fair-queue.ts";
import { notEmpty } from "../../support/not-empty.ts";

const MAX_ITEMS = 8;

/** A queue of items that say where they come from, as `address account`. */
function start() {
  const queue = createFairQueue<string>(MAX_ITEMS);
  const add = (item: string): string | undefined => {
    const [address = "", account = ""] = item.split(" ");
    return queue.add({ address, account }, item);
  };
  const drain = (): readonly string[] => {
    const items: string[] = [];
    for (let item = queue.next(); item !== undefined; item = queue.next()) {
      items.push(item);
    }
    return items;
  };
  return { add, drain, next: () => queue.next() };
}

/** As many items as a flood has, the n-th of which `from` names. */
const flood = (from: (n: number) => string, count = 100): readonly string[] =>
  Array.from({ length: count }, (_, n) => from(n));

const FLOODS = notEmpty([
  { name: "one address at one account", from: () => "evil ada", owner: "home ada" },
  { name: "one address at many accounts", from: (n: number) => `evil account-${n}`, owner: "home account-1" },
  { name: "many addresses at one account", from: (n: number) => `evil-${n} eve`, owner: "home ada" },
  { name: "an owner's address at one account", from: () => "home eve", owner: "home ada" },
]);

interface Waiting {
  readonly address: string;
  readonly account: string;
  readonly item: number;
}

/** Since when each address waits, in how many were served before: later by a round of 16 for each place after its service. */
interface Past {
  readonly came: Map<string, number>;
  readonly served: Map<string, number>;
  /** Those that gave way. */
  readonly refused: Set<string>;
}

/** Of those that wait since the same moment, the first of these gives way. */
const KINDS = ["served", "new", "returning"];

/**
 * Find who gives way as plainly as can be: of those whose address or account holds most, and of these, whose other holds
 * most, the one whose address waits since last. While no more than a quarter of them were served before, others of them give
 * way, and so it is with those that are new.
 *
 * @param waiting the oldest first
 */
function findHeaviest(waiting: readonly Waiting[], { came, served, refused }: Past): Waiting | undefined {
  const weights = waiting.map(({ address, account }) => {
    const ofAddress = waiting.filter((other) => other.address === address).length;
    const ofAccount = waiting.filter((other) => other.account === account).length;
    return Math.max(ofAddress, ofAccount) * 1_000 + Math.min(ofAddress, ofAccount);
  });
  const kindOf = ({ address }: Waiting): string =>
    served.has(address) ? "served" : refused.has(address) ? "returning" : "new";
  const sinceOf = ({ address }: Waiting): number => served.get(address) ?? came.get(address) ?? 0;
  const heaviest = waiting.filter((_, n) => weights[n] === Math.max(...weights));
  const isFew = (kind: string): boolean =>
    kind !== "returning" && heaviest.filter((one) => kindOf(one) === kind).length <= heaviest.length / 4;
  const beyond = heaviest.filter((one) => !isFew(kindOf(one)));
  const last = Math.max(...beyond.map(sinceOf));
  const tied = beyond.filter((one) => sinceOf(one) === last);
  const kind = KINDS.find((each) => tied.some((one) => kindOf(one) === each));
  return tied.findLast((one) => kindOf(one) === kind);
}

const NAME = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h");
/** What comes, each from an address and an account; between these, `undefined`: the next is taken out. */
const TRAFFIC = fc.array(fc.option(fc.tuple(NAME, NAME), { freq: 4, nil: undefined }), {
  minLength: 4 * MAX_ITEMS,
  maxLength: 12 * MAX_ITEMS,
});

describe("a fair queue", () => {
  for (const { name, from, owner } of FLOODS) {
    it(`has a place for the owner beside a flood from ${name}, before and after`, () => {
      const { add, drain } = start();
      flood(from).forEach(add);
      expect(add(owner)).not.toBe(owner);
      const displaced = flood(from).map(add);
      expect(displaced).not.toContain(owner);
      expect(drain().indexOf(owner)).toBeOneOf([0, 1, 2]);
    });
  }

  it("keeps its bound, whatever comes", () => {
    const { add, drain } = start();
    const displaced = flood((n) => `address-${n % 7} account-${n % 11}`).map(add);
    expect(displaced.filter((item) => item !== undefined)).toHaveLength(100 - MAX_ITEMS);
    expect(drain()).toHaveLength(MAX_ITEMS);
  });

  it("refuses the newest when no address and no account holds more than one place", () => {
    const { add } = start();
    const displaced = flood((n) => `address-${n} account-${n}`, MAX_ITEMS + 1).map(add);
    expect(displaced.at(-1)).toBe(`address-${MAX_ITEMS} account-${MAX_ITEMS}`);
    expect(displaced.slice(0, -1).every((item) => item === undefined)).toBe(true);
  });

  it("takes the place from the account that holds more, and spares an office behind one address", () => {
    const { add } = start();
    const office = flood((n) => `office worker-${n}`, 3);
    office.forEach(add);
    const displaced = flood((n) => `evil-${n} eve`).map(add);
    expect(displaced).not.toContain("office worker-0");
    expect(add("home ada")).toMatch(/^evil-/);
  });

  it("lets addresses and accounts take turns, in the order in which they came", () => {
    const { add, drain } = start();
    ["a 1", "a 2", "a 3", "b 4", "c 5"].forEach(add);
    expect(drain()).toEqual(["a 1", "a 2", "b 4", "a 3", "c 5"]);
  });

  it("lets nothing wait for ever while others come", () => {
    const { add, next } = start();
    add("home ada");
    const served: (string | undefined)[] = [];
    for (let n = 0; n < 4; n++) {
      add(`evil-${n} ada`);
      add(`evil ada`);
      served.push(next());
    }
    expect(served).toContain("home ada");
  });

  it("leaves its turn to an address of which others give way", () => {
    const { add, next } = start();
    ["home ada", ...flood((n) => `far-${n} account-${n}`, MAX_ITEMS - 1)].forEach(add);
    expect(flood((n) => `home eve-${n}`).map(add)).not.toContain("home ada");
    expect(next()).toBe("home ada");
  });

  it("takes the place from the latest of those that hold most, whatever came before", () => {
    let displacements = 0;
    const holds = (traffic: readonly ([string, string] | undefined)[]): void => {
      const queue = createFairQueue<number>(MAX_ITEMS);
      const past: Past = { came: new Map(), served: new Map(), refused: new Set() };
      let services = 0;
      let waiting: readonly Waiting[] = [];
      const serve = (): number | undefined => {
        const item = queue.next();
        for (const { address } of waiting.filter((one) => one.item === item)) {
          services += 1;
          past.served.set(address, services + 16 * MAX_ITEMS);
        }
        return item;
      };
      const add = (address: string, account: string, item: number): number | undefined => {
        waiting = [...waiting, { address, account, item }];
        past.came.set(address, past.came.get(address) ?? services);
        const expected = waiting.length > MAX_ITEMS ? findHeaviest(waiting, past)?.item : undefined;
        const left = queue.add({ address, account }, item);
        expect(left).toBe(expected);
        if (expected !== undefined) {
          displacements += 1;
          past.refused.add(waiting.find((one) => one.item === expected)?.address ?? "");
        }
        return left;
      };
      for (const [item, from] of traffic.entries()) {
        const left = from === undefined ? serve() : add(...from, item);
        waiting = waiting.filter((one) => one.item !== left);
      }
    };
    fc.assert(fc.property(TRAFFIC, holds), { numRuns: 200 });
    expect(displacements).toBeGreaterThan(200);
  });
});
