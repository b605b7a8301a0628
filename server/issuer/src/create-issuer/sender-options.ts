import { resolveDpopOptions, resolvePublicUrls } from "@countersign/server/internal";
import type { CreateIssuerOptions } from "./options.ts";

/** The options about what senders prove, each of which has a value, and `mtlsUrl`, which may have none. */
export interface SenderOptions {
  /** Without a slash at the end; that of `mtlsUrl` is among them. */
  readonly publicUrls: readonly string[];
  readonly mtlsUrl: string | undefined;
  readonly dpop: ReturnType<typeof resolveDpopOptions>;
}

/** Fill in the defaults. @throws TypeError when an option makes no sense */
export function resolveSenderOptions({
  url,
  publicUrls = [url],
  mtlsUrl,
  dpop,
}: Pick<CreateIssuerOptions, "dpop" | "mtlsUrl" | "publicUrls" | "url">): SenderOptions {
  const mtlsUrls = resolvePublicUrls("mtlsUrl of createIssuer", mtlsUrl === undefined ? [] : [mtlsUrl]);
  return {
    publicUrls: [...new Set([...resolvePublicUrls("publicUrls of createIssuer", publicUrls), ...mtlsUrls])],
    mtlsUrl: mtlsUrls[0],
    dpop: resolveDpopOptions("option dpop of createIssuer", dpop),
  };
}
