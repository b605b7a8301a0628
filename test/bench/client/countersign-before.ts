import { loadBefore } from "../run/load-before.ts";
import { toSide } from "./connect.ts";
import type { CreateSide } from "./side.ts";

/** An earlier build of the SDK, as `createCountersign` uses this one. */
export const createCountersignBefore: CreateSide = async (baseUrl, token, folder) => {
  const { fromFunction } = await loadBefore<typeof import("@countersign/sdk")>(folder, "@countersign/sdk");
  const { createNodeTransport, createSession } = await loadBefore<typeof import("@countersign/sdk/node")>(
    folder,
    "@countersign/sdk/node",
  );
  const session = createSession({ baseUrl, source: fromFunction(async () => token) });
  return toSide(createNodeTransport({ baseUrl, session }));
};
