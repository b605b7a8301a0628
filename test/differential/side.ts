import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { AuthOptions } from "../../server/gate/src/connect/auth-options.ts";
import type { Observer } from "../../server/gate/src/kernel/observe.ts";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import { listen } from "../../server/node/src/listener.ts";
import type { RequestListenerOptions } from "../../server/node/src/listener-options.ts";
import { issuers, revocations } from "../hostile/issuers.ts";
import { createEchoAuth } from "../support/echo-server.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import type { TestClock } from "../support/test-clock.ts";
import type { Setup } from "./case.ts";
import { createRecordedRoutes, type ServiceOptions } from "./handlers.ts";
import { createRecordedInterceptor } from "./interceptors.ts";
import { createJournal, describeContext, type Journal } from "./journal.ts";
import { ECHO_SERVICE } from "./service.ts";

/** One of the two servers that are compared. */
export interface Side extends AsyncDisposable {
  readonly port: number;
  readonly isTls: boolean;
  readonly journal: Journal;
  /** Abort the server's shutdown signal. */
  shutDown(): void;
  /** Let its clock go forward. */
  pass(seconds: number): void;
}

/** How large a message may be that arrives, and that leaves, in bytes. */
export const READ_MAX_BYTES = 1_024;
export const WRITE_MAX_BYTES = 2_048;

/** Shows in every message, and in the details of errors. */
const CODECS = {
  jsonOptions: { alwaysEmitImplicit: true, ignoreUnknownFields: true, useProtoFieldName: true },
  binaryOptions: { readUnknownFields: false, writeUnknownFields: false },
};

/** How one side differs from the other. */
export interface Variant {
  readonly listener: (options: RequestListenerOptions) => RequestListenerOptions;
  /** Absent: the service is registered as the setup says. */
  readonly service?: (options: ServiceOptions) => ServiceOptions;
  /** Observes the gate. Absent: nothing does. */
  readonly observe?: Observer;
}

/** Start a server of a setup. */
export async function startSide(setup: Setup, variant: Variant): Promise<Side> {
  const journal = createJournal();
  const shutdown = new AbortController();
  const { own, clock } = createOptions(setup, journal, variant);
  const options = variant.listener({ ...own, shutdownSignal: shutdown.signal });
  const isTls = setup === "tls";
  const listener = await listen(buildRequestListener(options), {
    allowedHosts: ["server"],
    ...(isTls ? { tls: createSelfSigned() } : {}),
  });
  return {
    port: listener.address.port,
    isTls,
    journal,
    shutDown: () => shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable)),
    pass: (seconds) => clock.advance(seconds * 1000),
    [Symbol.asyncDispose]: () => listener.close(0),
  };
}

/** What a side is made with. */
interface SideOptions {
  readonly own: RequestListenerOptions;
  readonly clock: TestClock;
}

function createOptions(setup: Setup, journal: Journal, variant: Variant): SideOptions {
  const { ofService = {}, ofAuth = {} } = createRouteOptions(setup, journal);
  const routes = createRecordedRoutes(journal, variant.service?.(ofService) ?? ofService);
  const { auth, clock } = createEchoAuth(ECHO_SERVICE, {
    issuers,
    revocations,
    routes,
    ...(variant.observe === undefined ? {} : { observe: variant.observe }),
    ...ofAuth,
  });
  const own = {
    ...auth,
    readMaxBytes: READ_MAX_BYTES,
    writeMaxBytes: WRITE_MAX_BYTES,
    // A side that says it takes the fast path does.
    onWarning: (warning: string) => {
      throw new Error(warning);
    },
    // For the log alone: whether it was wrapped is nothing that anyone relies on.
    onError: (error: unknown) => journal.note("error beside the calls", ConnectError.from(error).rawMessage),
  };
  const setups = {
    own: () => own,
    "single use": () => own,
    tls: () => own,
    large: () => {
      const { readMaxBytes: _, writeMaxBytes: __, ...unlimited } = own;
      return unlimited;
    },
    "own codecs": () => ({ ...own, ...CODECS }),
    "own codecs of the service": () => own,
    "intercepted routes": () => own,
    impatient: () => ({ ...own, arrivalTimeoutMs: 100 }),
    intercepted: () => ({
      ...own,
      requestGate: (ctx: HandlerContext) => {
        journal.note("gate", describeContext(ctx));
        return journal.follow("gate", async () => {
          ctx.responseHeader.append("x-gate", "was here");
          ctx.requestHeader.set("x-from-gate", "yes");
          await auth.requestGate(ctx);
        });
      },
      interceptors: [
        createRecordedInterceptor("outer", journal),
        createRecordedInterceptor("inner", journal),
      ],
    }),
    "own gate": () => ({
      ...own,
      routes,
      requestGate: (ctx: HandlerContext) => {
        journal.note("gate", describeContext(ctx));
        return journal.follow("gate", () => refuseAsAsked(ctx));
      },
    }),
  } satisfies Record<Setup, () => RequestListenerOptions>;
  return { own: setups[setup](), clock };
}

/** What the routes of a setup are made with. */
interface RouteOptions {
  readonly ofService?: ServiceOptions;
  readonly ofAuth?: Pick<AuthOptions, "interceptors">;
}

function createRouteOptions(setup: Setup, journal: Journal): RouteOptions {
  const options: Partial<Record<Setup, RouteOptions>> = {
    "own codecs of the service": { ofService: CODECS },
    "intercepted routes": {
      ofAuth: { interceptors: [createRecordedInterceptor("outer", journal)] },
      ofService: { interceptors: [createRecordedInterceptor("inner", journal)] },
    },
  };
  return options[setup] ?? {};
}

/** A gate that does what header `x-gate` asks. */
function refuseAsAsked(ctx: HandlerContext): void | Promise<void> {
  const refusal = new ConnectError("refused by a gate", Code.ResourceExhausted, { "x-refused": "yes" });
  const wishes: Readonly<Record<string, () => void | Promise<void>>> = {
    throw: () => {
      throw refusal;
    },
    "throw-error": () => {
      throw new TypeError("a secret of the gate");
    },
    reject: () => Promise.reject(refusal),
    "reject-later": async () => {
      await new Promise((resolve) => void setImmediate(resolve));
      throw refusal;
    },
    "set-headers": () => {
      ctx.responseHeader.set("x-from-gate", "header");
      ctx.responseTrailer.set("x-from-gate", "trailer");
    },
    "until-aborted": () =>
      new Promise((_, reject) =>
        ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason), { once: true }),
      ),
  };
  return wishes[ctx.requestHeader.get("x-gate") ?? ""]?.();
}
