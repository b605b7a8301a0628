import type { Bench } from "../run/bench.ts";
import { bindingBench } from "./binding.ts";
import { cacheMemoryBench } from "./cache-memory.ts";
import { clientBenches } from "./client.ts";
import { connectionMemoryBench } from "./connection-memory.ts";
import { enduranceBench } from "./endurance.ts";
import { fairnessBench } from "./fairness.ts";
import { fleetBench } from "./fleet.ts";
import { floodBench } from "./flood.ts";
import { frozenHolderBench } from "./frozen-holder.ts";
import { gateBench } from "./gate.ts";
import { gateRevokedBench } from "./gate-revoked.ts";
import { hostileBench } from "./hostile.ts";
import { createInstallBench } from "./install.ts";
import { killedHolderBench } from "./killed-holder.ts";
import { createLatencyBench } from "./latency.ts";
import { messagesBench } from "./messages.ts";
import { millionBench } from "./million.ts";
import { outageBench } from "./outage.ts";
import { refreshBench } from "./refresh.ts";
import { refusalsBench } from "./refusals.ts";
import { rejectUploadBench } from "./reject-upload.ts";
import { revocationBench } from "./revocation.ts";
import { sdkOverheadBench } from "./sdk-overhead.ts";
import { sdkSizeBench } from "./sdk-size.ts";
import { securityEventsBench } from "./security-events.ts";
import { sessionMemoryBench } from "./session-memory.ts";
import { signInBench } from "./sign-in.ts";
import { signalsBench } from "./signals.ts";
import { startBench } from "./start.ts";
import { streamMessagesBench } from "./stream-messages.ts";
import { createStreamWireBenches } from "./stream-wire.ts";
import { streamsBench } from "./streams.ts";
import { tabNewsBench } from "./tab-news.ts";
import { tabsBench } from "./tabs.ts";
import { createUnaryBench } from "./unary.ts";
import { createUnaryKindBenches } from "./unary-kinds.ts";
import { createWorkersBench } from "./workers.ts";

/** All benches, in the order in which they run. */
export const ALL_BENCHES: readonly Bench[] = [
  createUnaryBench(),
  ...createUnaryKindBenches(),
  createLatencyBench(),
  connectionMemoryBench,
  bindingBench,
  createWorkersBench(),
  gateBench,
  gateRevokedBench,
  rejectUploadBench,
  refusalsBench,
  hostileBench,
  messagesBench,
  cacheMemoryBench,
  refreshBench,
  signInBench,
  revocationBench,
  signalsBench,
  millionBench,
  securityEventsBench,
  outageBench,
  sessionMemoryBench,
  streamsBench,
  streamMessagesBench,
  ...createStreamWireBenches(),
  fairnessBench,
  ...clientBenches,
  sdkOverheadBench,
  sdkSizeBench,
  tabsBench,
  tabNewsBench,
  frozenHolderBench,
  killedHolderBench,
  startBench,
  createInstallBench(),
  enduranceBench,
  fleetBench,
  floodBench,
];
