import { create, type MessageShape } from "@bufbuild/protobuf";
import { Code, createClient, createRouterTransport } from "@connectrpc/connect";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import type { Auth } from "../../../server/gate/src/connect/create-auth.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { seenIn } from "./fixtures.ts";

const policy = { access: Access.AUTHENTICATED, rule: "request.text == principal.subject" };
/** A method of each kind, with a rule on its messages. */
export const service = echoService({
  Unary: { policy },
  Server: { policy, kind: "server_streaming" },
  Upload: { policy, kind: "client_streaming" },
  Chat: { policy, kind: "bidi_streaming" },
  Open: { policy: { access: Access.PUBLIC } },
});
export const Echo = methodOf(service, "Unary").input;
export type Echo = MessageShape<typeof Echo> & { text?: string };

/** The client of a service that is made at run time has no types of its own. */
export interface EchoClient {
  unary(request: Echo): Promise<Echo>;
  server(request: Echo): AsyncIterable<Echo>;
  upload(requests: AsyncIterable<Echo>): Promise<Echo>;
  chat(requests: AsyncIterable<Echo>): AsyncIterable<Echo>;
  open(request: Echo): Promise<Echo>;
}

async function* send(message: Echo) {
  yield message;
}

/** Read a stream to its end. @returns its last message */
export async function last(messages: AsyncIterable<Echo>): Promise<Echo | undefined> {
  let found: Echo | undefined;
  for await (const message of messages) {
    found = message;
  }
  return found;
}

/** How each kind is called with a text. */
export const kinds: Readonly<
  Record<string, (client: EchoClient, text: string) => Promise<Echo | undefined>>
> = {
  unary: (client, text) => client.unary(create(Echo, { text })),
  "server stream": (client, text) => last(client.server(create(Echo, { text }))),
  "client stream": (client, text) => client.upload(send(create(Echo, { text }))),
  "bidi stream": (client, text) => last(client.chat(send(create(Echo, { text })))),
};

/** The options of a router in the same process. */
export type RouterOptions = NonNullable<NonNullable<Parameters<typeof createRouterTransport>[1]>["router"]>;

/** Say what became of a call. */
export function outcomeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "passed",
    (error: unknown) => {
      const { code, reason } = seenIn(error);
      return `${Code[code]} ${reason}`;
    },
  );
}

/** Mount the routes of an auth in the same process, and call them. */
export function clientOf(auth: Auth, router: RouterOptions, token?: string): EchoClient {
  const transport = createRouterTransport(auth.routes, {
    router,
    transport: {
      interceptors: [
        (next) => (req) => {
          if (token !== undefined) {
            req.header.set("authorization", `Bearer ${token}`);
          }
          return next(req);
        },
      ],
    },
  });
  // The methods of a service that is made at run time have no types of their own.
  return createClient(service, transport) as unknown as EchoClient;
}
