import { isLoopback } from "../kernel/loopback.ts";

/** Says which URLs may be asked for keys. */
export interface UrlCheck {
  /**
   * Parse a URL that is configured.
   *
   * @param what the option that has it, for the error
   * @throws TypeError when it is not `https://`, or `http://` on loopback or to a host that is allowed
   */
  parse(what: string, text: string): URL;
  /** Check whether a URL that metadata names may be asked. @param from where the metadata was */
  isAllowed(url: URL, from: URL): boolean;
}

/** A host with its port, as `allowHttpHosts` names it. */
const HOST_AND_PORT = /^(?:[a-z0-9](?:[a-z0-9._-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]):[1-9]\d{0,4}$/;

/**
 * Create the check of URLs.
 *
 * @param httpHosts hosts that may be asked over `http://`, each with its port
 * @throws TypeError when one of them is no host with a port
 */
export function createUrlCheck(httpHosts: readonly string[]): UrlCheck {
  const wrong = httpHosts.find((host) => typeof host !== "string" || !isHostAndPort(host));
  if (wrong !== undefined) {
    throw new TypeError(
      `insecure.allowHttpHosts: ${JSON.stringify(wrong)} must be a host in lower case with its port, as keycloak:8080`,
    );
  }
  const hosts = new Set(httpHosts);
  const isHttpHost = ({ protocol, hostname, port }: URL): boolean =>
    protocol === "http:" && hosts.has(`${hostname}:${port === "" ? "80" : port}`);
  const isLocal = ({ protocol, hostname }: URL): boolean => protocol === "http:" && isLoopback(hostname);
  return {
    parse(what, text) {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      // First: the other error repeats the URL.
      if (url !== undefined && hasCredentials(url)) {
        throw new TypeError(`${what} must not have a user or a password in it: headers can send them`);
      }
      if (url === undefined || !(url.protocol === "https:" || isLocal(url) || isHttpHost(url))) {
        throw new TypeError(
          `${what} ${JSON.stringify(text)} must be an https:// URL, or http:// on loopback or to a host that ` +
            "insecure.allowHttpHosts names",
        );
      }
      return url;
    },
    isAllowed: (url, from) =>
      url.protocol === "https:" || isHttpHost(url) || (isLocal(url) && from.protocol === "http:"),
  };
}

function isHostAndPort(text: string): boolean {
  return HOST_AND_PORT.test(text) && URL.canParse(`http://${text}`); // which knows how high ports go
}

/** Check whether a URL has a user or a password in it, which no error may repeat. */
export function hasCredentials({ username, password }: URL): boolean {
  return username !== "" || password !== "";
}
