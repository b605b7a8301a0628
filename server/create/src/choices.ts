/** One value of a question. */
interface Choice {
  /** What it means, for a person who has to choose. */
  readonly about: string;
  /** The folders of `templates` that it brings. */
  readonly parts: readonly string[];
}

/** How the project listens. */
export const SERVERS = {
  listen: { about: "one port for gRPC, gRPC-Web and Connect", parts: ["protocol/grpc", "server/listen"] },
  express: {
    about: "among the routes of an Express app, over HTTP/1.1",
    parts: ["protocol/connect", "server/documents", "server/express"],
  },
  fastify: {
    about: "among the routes of a Fastify app, over HTTP/1.1",
    parts: ["protocol/connect", "server/documents", "server/fastify"],
  },
  hono: {
    about: "among the routes of a Hono app, on Node, over HTTP/1.1",
    parts: ["protocol/connect", "server/fetch", "server/hono"],
  },
  bun: { about: "on Bun, over HTTP/1.1", parts: ["protocol/connect", "server/fetch", "server/bun"] },
} as const satisfies Readonly<Record<string, Choice>>;

/** What calls it. */
export const CLIENTS = {
  node: { about: "a program on Node", parts: ["client/node"] },
  none: { about: "nothing yet", parts: ["client/none"] },
} as const satisfies Readonly<Record<string, Choice>>;

/** Whose tokens it accepts. */
const ISSUERS = {
  "built-in": { about: "the project signs users in itself", parts: ["issuer/built-in"] },
  url: { about: "an OpenID provider, by its URL", parts: ["issuer/url"] },
} as const satisfies Readonly<Record<string, Choice>>;

/** How a client of a kind signs in at an issuer of a kind: what depends on both. */
const SIGN_INS = {
  node: { "built-in": ["sign-in/node-built-in"], url: ["sign-in/node-url"] },
  none: { "built-in": [], url: [] },
} as const satisfies Readonly<
  Record<keyof typeof CLIENTS, Readonly<Record<keyof typeof ISSUERS, readonly string[]>>>
>;

/** What was chosen. */
export interface Choices {
  readonly server: keyof typeof SERVERS;
  readonly client: keyof typeof CLIENTS;
  /** `built-in`, or the URL of an issuer. */
  readonly issuer: string;
}

/** The value of `--issuer` that names no URL. */
export const BUILT_IN = "built-in";

/** List the folders of `templates` that make a project, in the order in which their texts follow each other. */
export function listParts({ server, client, issuer }: Choices): readonly string[] {
  const kind = issuer === BUILT_IN ? BUILT_IN : "url";
  return [
    "base",
    ...SERVERS[server].parts,
    ...ISSUERS[kind].parts,
    ...CLIENTS[client].parts,
    ...SIGN_INS[client][kind],
  ];
}
