import type { Config } from "./config.ts";
import { UsageError } from "./usage-error.ts";

/** The settings of a server, which cannot do without some of them. */
export interface ServerConfig extends Config {
  readonly audience: string;
}

/**
 * Check that the audience of a server's tokens is set.
 *
 * @throws UsageError when it is not
 */
export function requireAudience(config: Config): ServerConfig {
  const { audience } = config;
  if (audience === undefined) {
    throw new UsageError(
      "--audience is missing: name the API that the tokens are for, such as https://api.example.com. " +
        "A server that ran without --audience before keeps its tokens valid with --audience countersign-demo",
    );
  }
  return { ...config, audience };
}
