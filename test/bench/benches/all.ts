import type { Bench } from "../run/bench.ts";
import { cacheMemoryBench } from "./cache-memory.ts";
import { floodBench } from "./flood.ts";
import { gateBench } from "./gate.ts";
import { rejectUploadBench } from "./reject-upload.ts";
import { sdkOverheadBench } from "./sdk-overhead.ts";
import { sdkSizeBench } from "./sdk-size.ts";
import { createUnaryBench } from "./unary.ts";

/** All benches, in the order in which they run. */
export const ALL_BENCHES: readonly Bench[] = [
  createUnaryBench(),
  gateBench,
  rejectUploadBench,
  floodBench,
  cacheMemoryBench,
  sdkOverheadBench,
  sdkSizeBench,
];
