import { describe, expect, it } from "vitest";
import { createStandings } from "../../../server/gate/src/kernel/standings.ts";

const ROUND = 100;
/** So many addresses are remembered of each kind at the most. */
const MAX_ADDRESSES = 20_000;

/** A memory, and how many addresses of a kind it still has after others came. */
function start() {
  const standings = createStandings(ROUND);
  const refuse = (address: string) => standings.recordRefusal(address, standings.find(address));
  const serve = (address: string) => standings.recordService(address, standings.find(address));
  const each = (count: number, name: string, record: (address: string) => void) => {
    for (let n = 0; n < count; n++) {
      record(`${name}-${n}`);
    }
  };
  return { standings, refuse, serve, each };
}

describe("the standings of addresses", () => {
  it("count a new address from now, and one that gave way from when it came, until it is served", () => {
    const { standings, refuse, serve, each } = start();
    refuse("ada");
    each(3, "other", serve);
    expect(standings.find("ada")).toEqual({ kind: "returning", since: 0 });
    expect(standings.find("eve")).toEqual({ kind: "new", since: 3 });
    serve("ada");
    expect(standings.find("ada")).toEqual({ kind: "served", since: 4 + ROUND });
  });

  it("count one that was served from now, once a round is over", () => {
    const { standings, serve, each, refuse } = start();
    serve("ada");
    each(ROUND - 1, "other", serve);
    refuse("ada");
    expect(standings.find("ada")).toEqual({ kind: "served", since: 1 + ROUND });
    each(2, "another", serve);
    expect(standings.find("ada")).toEqual({ kind: "returning", since: 2 + ROUND });
  });

  it("are forgotten when too many others come, and those that are used are not", () => {
    const { standings, refuse, serve, each } = start();
    each(2, "ada", refuse);
    serve("bob");
    each(MAX_ADDRESSES / 2, "refused", refuse);
    refuse("ada-0");
    each(MAX_ADDRESSES / 2, "refused-later", refuse);
    expect(standings.find("ada-0").since).toBe(0);
    expect(standings.find("ada-1").since).toBe(1);
    expect(standings.find("bob").kind).toBe("served");
  });
});
