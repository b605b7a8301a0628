import type { IncomingMessage } from "node:http";
import { Agent, type RequestOptions, request } from "node:https";
import { Readable } from "node:stream";
import { assertOptionNames } from "@countersign/server/internal";
import { isCertificate, type Pem } from "./tls-options.ts";

/** Whom {@link createFetch} trusts. */
export interface FetchTrust {
  /**
   * The authorities that sign the certificates of the servers, in PEM; a text may hold several. They take the place of those
   * that the machine trusts.
   */
  readonly ca: Pem | readonly Pem[];
}

const OPTION_NAMES = { ca: true } satisfies Record<keyof FetchTrust, true>;

/** Statuses that have no body. A Response with one would be refused. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Create a `fetch` that trusts a private certificate authority, such as that of a Kubernetes cluster: for the keys of an
 * issuer.
 *
 *     keys: { jwksUri: "https://10.0.0.1/openid/v1/jwks", fetch: createFetch({ ca: readFileSync("ca.crt") }) }
 *
 * It asks `https://` URLs only, follows no redirects, and ends with the signal that it is given.
 *
 * @throws TypeError when `ca` has no certificate, or another option was given
 */
export function createFetch(trust: FetchTrust): typeof globalThis.fetch {
  assertOptionNames("createFetch", trust, OPTION_NAMES);
  const authorities = [trust.ca].flat();
  if (authorities.length === 0 || !authorities.every(isCertificate)) {
    // Node takes what is empty for nothing, and then the web's authorities.
    throw new TypeError("createFetch: ca must be one certificate or more, in PEM");
  }
  const agent = new Agent({ ca: authorities });
  return async (input, init) => {
    const asked = new Request(input, init);
    const url = new URL(asked.url);
    if (url.protocol !== "https:") {
      throw new TypeError("a fetch with a certificate authority asks https:// URLs only");
    }
    const body = new Uint8Array(await asked.arrayBuffer());
    const { method, signal } = asked;
    const response = await send(
      url,
      { agent, method, signal, headers: Object.fromEntries(asked.headers) },
      body,
    );
    return toResponse(response, asked.redirect);
  };
}

function send(url: URL, options: RequestOptions, body: Uint8Array): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, options, resolve).on("error", reject).end(body);
  });
}

function toResponse(message: IncomingMessage, redirect: Request["redirect"]): Response {
  const { statusCode: status = 0, statusMessage: statusText = "" } = message;
  if (redirect !== "manual" && status >= 300 && status <= 399 && message.headers.location !== undefined) {
    message.destroy();
    throw new TypeError("the server redirects, and this fetch follows no redirects");
  }
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(message.headersDistinct)) {
    for (const value of values) {
      headers.append(name, value);
    }
  }
  if (WITHOUT_BODY.has(status)) {
    message.resume();
    return new Response(null, { status, statusText, headers });
  }
  // The two types of streams are one: that of Node, and that of the web as Node has it.
  return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, { status, statusText, headers });
}
