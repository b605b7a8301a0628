import { describe, expect, it } from "vitest";
import { createFairQueue } from "../../../server/gate/src/kernel/fair-queue.ts";
import { notEmpty } from "../../support/not-empty.ts";

const PLACES = 128;
const ADDRESSES = 500;
/** So many of a flood come between two that are served. */
const TRIES_PER_SERVICE = 10;
/** An owner who is told to wait for a second tries again after so many. */
const SERVICES_UNTIL_RETRY = 15;
const MAX_SERVICES = 5_000;

/** An address and an account. */
type From = readonly [string, string];

/** A queue beside a flood, the n-th of which comes `from` somewhere. */
function startFlood(from: (n: number) => From, triesPerService = TRIES_PER_SERVICE) {
  const queue = createFairQueue<string>(PLACES);
  let tries = 0;
  let refusals = 0;
  let isWaiting = false;
  const add = ([address, account]: From, item: string): void => {
    isWaiting ||= item === "owner";
    if (queue.add({ address, account }, item) === "owner") {
      isWaiting = false;
      refusals += 1;
    }
  };
  const flood = (count = triesPerService / 2): void => {
    for (let n = 0; n < count; n++) {
      add(from(tries++), "flood");
    }
  };
  /** Have one served, while more of the flood come. @returns who it was */
  const serve = (): string | undefined => {
    flood();
    const item = queue.next();
    flood();
    return item;
  };
  return {
    /** Have so many come at one moment. */
    burst: flood,
    /** Have so many served before the owner comes. */
    begin(services: number): void {
      for (let n = 0; n < services; n++) {
        serve();
      }
    },
    /** Have an owner try until she is served. @returns how often she is refused, and how many are served before her */
    signIn(owner: From) {
      refusals = 0;
      for (let services = 0; services < MAX_SERVICES; services++) {
        if (!isWaiting && services % SERVICES_UNTIL_RETRY === 0) {
          add(owner, "owner");
        }
        if (serve() === "owner") {
          isWaiting = false;
          return { services, refusals };
        }
      }
      return { services: Number.POSITIVE_INFINITY, refusals };
    },
  };
}

const OWNER: From = ["home", "ada"];
const reused = (n: number) => `evil-${n % ADDRESSES}`;
const fresh = (n: number) => `evil-${n}`;
const any = (n: number) => `account-${n % 499}`;
const own = () => "ada";
const ownNowAndThen = (n: number) => (n % 100 === 0 ? "ada" : any(n));
/** An address of a flood that came before gives way to the owner, whether it was served or not. */
const KNOWN_FLOOD = { begunBefore: 600, refusals: 0, services: PLACES };
const YOUNG_FLOOD = { ...KNOWN_FLOOD, begunBefore: 100 };
/** Of new addresses, those give way that came after she did. */
const FRESH_FLOOD = { begunBefore: 600, refusals: 1, services: SERVICES_UNTIL_RETRY + PLACES };

const FLOODS = notEmpty([
  { name: "500 addresses", address: reused, account: any, ...KNOWN_FLOOD },
  { name: "500 addresses at her account", address: reused, account: own, ...KNOWN_FLOOD },
  {
    name: "500 addresses, now and then at her account",
    address: reused,
    account: ownNowAndThen,
    ...KNOWN_FLOOD,
  },
  { name: "500 addresses that began just before her", address: reused, account: any, ...YOUNG_FLOOD },
  { name: "a new address each time", address: fresh, account: any, ...FRESH_FLOOD },
  { name: "a new address each time, at her account", address: fresh, account: own, ...FRESH_FLOOD },
]);

describe("an owner whom nothing is known of", () => {
  for (const { name, address, account, begunBefore, ...most } of FLOODS) {
    it(`gets in beside a flood from ${name}`, () => {
      const { begin, signIn } = startFlood((n) => [address(n), account(n)]);
      begin(begunBefore);
      const { refusals, services } = signIn(OWNER);
      expect(refusals).toBeLessThanOrEqual(most.refusals);
      expect(services).toBeLessThanOrEqual(most.services);
    });
  }

  it.each(notEmpty([1, 4, 10, 40]))(
    "waits for one check of each of 500 addresses that all came at one moment before her, and for those of the places, at the most: %d tries a check",
    (triesPerService) => {
      const { burst, signIn } = startFlood((n) => [reused(n), any(n)], triesPerService);
      burst(ADDRESSES);
      const { services } = signIn(OWNER);
      expect(services).toBeLessThanOrEqual(ADDRESSES - PLACES + SERVICES_UNTIL_RETRY + 2 * PLACES);
    },
  );

  const AGAIN = notEmpty([
    { name: "500 addresses", address: reused, account: any, services: ADDRESSES + PLACES },
    { name: "a new address each time", address: fresh, account: any, services: PLACES },
    { name: "a new address each time, at her account", address: fresh, account: own, services: PLACES },
    {
      name: "500 addresses, and new ones at her account",
      address: (n: number) => (n % 100 === 0 ? fresh(n) : reused(n)),
      account: ownNowAndThen,
      services: 18 * PLACES,
    },
  ]);
  for (const { name, address, account, services } of AGAIN) {
    it(`gets in again from an address that was served before, beside ${name}`, () => {
      const { begin, signIn } = startFlood((n) => [address(n), account(n)]);
      begin(600);
      signIn(OWNER);
      expect(signIn(OWNER).services).toBeLessThanOrEqual(services);
    });
  }
});
