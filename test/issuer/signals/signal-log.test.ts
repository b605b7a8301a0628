import { describe, expect, it } from "vitest";
import { toCursor } from "../../../server/issuer/src/signals/cursor.ts";
import { encode } from "../../../server/issuer/src/signals/encode-revocations.ts";
import { createSignalLog } from "../../../server/issuer/src/signals/signal-log.ts";
import type { RevocationRecord } from "../../../server/issuer/src/store/revocations.ts";

const rowOf = (id: number, value = `session-${id}`): RevocationRecord => ({
  ...{ id, value, dimension: "sid", issuer: "", reason: "signed_out" },
  ...{ beforeMs: undefined, revokedAtMs: 1_000 + id, expiresAtMs: 9_000 },
});

const message = encode({ case: "drain", value: {} });
const encodeFor = () => message;

describe("places in the log", () => {
  it("are found behind each row that it remembers, also where numbers are missing", () => {
    const log = createSignalLog(5);
    log.append(encodeFor, [rowOf(1), rowOf(2)]);
    log.append(encodeFor, [rowOf(4), rowOf(7), rowOf(9)]);
    log.append(encodeFor, []);
    log.append(encodeFor, [rowOf(12)]);
    const find = (id: number) => log.find(toCursor(rowOf(id)));
    // The first entry had no room any more. From amid an entry on, all of it comes again.
    expect([1, 2, 3].map(find)).toEqual([undefined, undefined, undefined]);
    expect([4, 7, 9].map(find)).toEqual([1, 1, 2]);
    expect([5, 8, 10, 13].map(find)).toEqual([undefined, undefined, undefined, undefined]);
    expect(find(12)).toBe(log.end);
    expect(log.cursor).toBe(toCursor(rowOf(12)));
  });

  it("are none of another history: the row of that number has to be the same", () => {
    const log = createSignalLog(5);
    log.append(encodeFor, [rowOf(1), rowOf(2)]);
    expect(log.find(toCursor(rowOf(2)))).toBe(log.end);
    expect(log.find(toCursor(rowOf(2, "another")))).toBeUndefined();
    expect(log.find(0n)).toBeUndefined();
    log.clear();
    expect(log.find(toCursor(rowOf(2)))).toBeUndefined();
  });
});
