import { assertFieldNames, assertHosts } from "@countersign/node/internal";
import {
  assertOrigins,
  resolvePublicUrls,
  resolveResource,
  resolveTokenHeader,
} from "@countersign/server/internal";
import type { Config } from "./config.ts";
import { SETTINGS } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** The settings of a server, which cannot do without some of them. */
export interface ServerConfig extends Config {
  readonly audience: string;
}

/**
 * Check what only a server needs: that the audience of its tokens is set, and that its URL, headers and web pages are named
 * as they can be.
 *
 * @throws UsageError when one is missing or makes no sense
 */
export function requireServerConfig(config: Config): ServerConfig {
  const { audience, resource, corsOrigins, corsHeaders, allowedHosts, publicUrls } = config;
  if (audience === undefined) {
    throw new UsageError(
      "--audience is missing: name the API that the tokens are for, such as https://api.example.com. " +
        "A server that ran without --audience before keeps its tokens valid with --audience countersign-demo",
    );
  }
  assertTokenHeader(config);
  asUsage(() => {
    resolveResource(resource, `--${SETTINGS.resource.flag}`);
    assertOrigins(`--${SETTINGS.corsOrigins.flag}`, corsOrigins);
    resolvePublicUrls(`--${SETTINGS.publicUrls.flag}`, publicUrls);
    assertFieldNames(`--${SETTINGS.corsHeaders.flag}`, corsHeaders);
    assertHosts(`--${SETTINGS.allowedHosts.flag}`, allowedHosts);
  });
  return { ...config, audience };
}

/** @throws UsageError when the header that has the token has a name that none can have */
export function assertTokenHeader({ tokenHeader }: Config): void {
  asUsage(() => {
    assertFieldNames(`--${SETTINGS.tokenHeader.flag}`, [tokenHeader]);
    resolveTokenHeader(`--${SETTINGS.tokenHeader.flag}`, tokenHeader);
  });
}

function asUsage(check: () => void): void {
  try {
    check();
  } catch (cause) {
    throw cause instanceof TypeError ? new UsageError(cause.message, { cause }) : cause;
  }
}
