import { create, type MessageShape } from "@bufbuild/protobuf";
import {
  type Client,
  Code,
  type ConnectRouter,
  createClient,
  createRouterTransport,
  type HandlerContext,
} from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { principalOf } from "../../../server/gate/src/connect/principal-context.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { signToken } from "../../support/tokens.ts";
import { issuer, issuerKey, seenIn } from "./fixtures.ts";

const policy = { access: Access.AUTHENTICATED, rule: "request.text == principal.subject" };
/** A service with all kinds, whose rule asks for messages of one's own. */
export const service = echoService({
  Unary: { policy },
  Server: { policy, kind: "server_streaming" },
  Upload: { policy, kind: "client_streaming" },
  Chat: { policy, kind: "bidi_streaming" },
});
const Echo = methodOf(service, "Unary").input;
/** What is sent. */
export type Echo = MessageShape<typeof Echo> & { text?: string };
/** A message that the rule allows. */
export const mine: Echo = create(Echo, { text: "usr_ada" });
/** A message that it does not allow. */
export const other: Echo = create(Echo, { text: "usr_eve" });

/** Handlers that note what they got, and would rather go on, or hang, than let an error end the call. */
function stubbornRoutes(seen: string[], hangs = false) {
  const take = async (requests: AsyncIterable<Echo>) => {
    try {
      for await (const request of requests) {
        seen.push(request.text ?? "");
      }
    } catch {
      // a handler may do so; the call must end all the same
      if (hangs) {
        await new Promise(() => {});
      }
    }
  };
  const handlers = {
    unary: (request: Echo) => {
      seen.push(request.text ?? "");
      return request;
    },
    async *server(request: Echo) {
      seen.push(request.text ?? "");
      yield request;
    },
    async upload(requests: AsyncIterable<Echo>, ctx: HandlerContext) {
      await take(requests);
      return create(Echo, { text: principalOf(ctx).subject });
    },
    async *chat(requests: AsyncIterable<Echo>) {
      await take(requests);
      yield mine;
      yield mine;
    },
  };
  return (router: ConnectRouter) => void router.service(service, handlers as object);
}

/** Put the service behind a gate, with a client that has a good token. */
export function setUp({ hangs = false, ...options }: Options = {}) {
  const seen: string[] = [];
  const echo = createEchoAuth(service, {
    issuers: [issuer],
    routes: stubbornRoutes(seen, hangs),
    ...options,
  });
  const { routes, requestGate, interceptors } = echo.auth;
  const transport = createRouterTransport(routes, {
    router: { requestGate, interceptors },
    transport: {
      interceptors: [
        (next) => (req) => {
          req.header.set("authorization", `Bearer ${signToken(issuerKey)}`);
          return next(req);
        },
      ],
    },
  });
  // The methods of a service that is made at run time have no types of their own.
  const client = createClient(service, transport) as unknown as Record<
    string,
    Client<typeof service>[string]
  > & {
    unary(request: Echo): Promise<Echo>;
    server(request: Echo): AsyncIterable<Echo>;
    upload(requests: AsyncIterable<Echo>): Promise<Echo>;
    chat(requests: AsyncIterable<Echo>): AsyncIterable<Echo>;
  };
  return { ...echo, client, seen };
}

type Options = Partial<Parameters<typeof createEchoAuth>[1]> & { readonly hangs?: boolean };

async function* send(...messages: readonly Echo[]) {
  yield* messages;
}

async function collect(messages: AsyncIterable<Echo>) {
  const all: Echo[] = [];
  for await (const message of messages) {
    all.push(message);
  }
  return all;
}

/** Say what a client sees of a call. */
export async function outcomeOf(run: () => Promise<unknown>) {
  try {
    await run();
    return "passed";
  } catch (error) {
    const { code, reason } = seenIn(error);
    return `${Code[code]} ${reason}`;
  }
}

/** How messages are sent by each kind. */
export const kinds = {
  unary: (client: ReturnType<typeof setUp>["client"], messages: readonly Echo[]) =>
    client.unary(messages.at(-1) ?? mine),
  "server stream": (client, messages) => collect(client.server(messages.at(-1) ?? mine)),
  "client stream": (client, messages) => client.upload(send(...messages)),
  "bidi stream": (client, messages) => collect(client.chat(send(...messages))),
} satisfies Record<
  string,
  (client: ReturnType<typeof setUp>["client"], messages: readonly Echo[]) => Promise<unknown>
>;
