import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { clientBenches } from "./benches/client.ts";
import { CLIENTS } from "./client/side.ts";

describe("the benches of clients, as quickly as they can", () => {
  test.each(clientBenches)("$name calls with all four", async ({ name, run }) => {
    // An earlier build is at hand: this one.
    const before = name === "client-unary" ? fileURLToPath(new URL("../..", import.meta.url)) : undefined;
    const rows = await run({ rounds: 1, quick: true, ...(before === undefined ? {} : { before }) });
    const [ours, ...others] = CLIENTS;
    const names = before === undefined ? CLIENTS : [ours, "countersign-before", ...others];
    const sides = names.flatMap((side) => [side, `${side}-rate`]);
    expect(rows).toEqual(sides.map((side) => expect.objectContaining({ bench: name, side, rounds: 1 })));
    expect(rows.every(({ median }) => median > 0)).toBe(true);
  });
});
