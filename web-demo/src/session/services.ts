import type { Client, Transport } from "@connectrpc/connect";
import { createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { Session } from "@countersign/sdk/browser";
import { createSession } from "@countersign/sdk/browser";
import { dpop } from "@countersign/sdk/dpop";
import { QueryClient } from "@tanstack/react-query";
import type { ActivityLog } from "../model/activity-log.ts";
import { createActivityLog } from "../model/activity-log.ts";
import { toFailure } from "../model/failure.ts";
import type { IssuerOutage } from "../network/issuer-outage.ts";
import type { NetworkSwitch } from "../network/network-switch.ts";
import { createTabs, type Tabs } from "../tabs/tabs.ts";
import { recordTimeline } from "../timeline/record-timeline.ts";
import type { TimelineStore } from "../timeline/timeline-store.ts";
import { recordNetwork } from "./record-network.ts";
import { recordSession } from "./record-session.ts";
import type { TokenLife } from "./token-life.ts";

/** What the page brings. */
export interface PageServices {
  /** Where the viewer can cut the page off. */
  readonly network: NetworkSwitch;
  /** Where the viewer can take the issuer away from the page. */
  readonly issuer: Pick<IssuerOutage, "turn">;
  /** How many refreshes the page has sent. */
  readonly sentRefreshes: () => number;
  /** How long the viewer wants tokens to last. */
  readonly tokenLife: TokenLife;
  /** What happens to the live feed's stream. */
  readonly timeline: TimelineStore;
}

/** What the whole page shares. */
export interface Services extends PageServices {
  readonly session: Session;
  /** Speaks gRPC-Web, with the session's token on every call. */
  readonly transport: Transport;
  readonly notes: Client<typeof NotesService>;
  readonly queryClient: QueryClient;
  readonly activity: ActivityLog;
  readonly tabs: Tabs;
}

/** How often a read is repeated by itself before the page shows an error. Signing out or in again is not repeated. */
const READ_RETRIES = 1;

/**
 * Create everything the page shares.
 *
 * @param baseUrl the origin of the server
 */
export function createServices(baseUrl: string, page: PageServices): Services {
  const session = createSession({
    baseUrl,
    maxTokenLifeMs: page.tokenLife.getSnapshot,
    // Browsers make keys for pages over https and of this machine only.
    dpop: window.isSecureContext ? dpop() : undefined,
  });
  const transport = createGrpcWebTransport({ baseUrl, interceptors: [session.interceptor] });
  const queryClient = createQueryClient();
  const activity = createActivityLog(Date.now);
  recordSession(session, activity);
  recordNetwork(page.network, activity, page.timeline);
  recordTimeline(session, page.timeline);
  session.on((event) => {
    // Nothing of one account may be shown to the next.
    if (event.type !== "signed_out") {
      return;
    }
    queryClient.clear();
    page.network.restore();
  });
  const channel = new BroadcastChannel("countersign-demo.tabs");
  const tabs = createTabs({ channel, session, sentRefreshes: page.sentRefreshes });
  return {
    ...page,
    tabs,
    session,
    transport,
    notes: createClient(NotesService, transport),
    queryClient,
    activity,
  };
}

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // "always": a call without a network fails, and the page can say so; a paused one would only hang.
        networkMode: "always",
        refetchOnReconnect: true,
        staleTime: 30_000,
        retry: (count, err) => count < READ_RETRIES && toFailure(err).kind === "unreachable",
      },
      mutations: { networkMode: "always" },
    },
  });
}
