import type { ClientCertificate } from "./client-certificate.ts";

/** What a host knows of a request that the request itself does not say. */
export interface EndpointContext {
  /**
   * Where the request comes from, in the form that limits count by, such as an address. Absent: it is counted with all
   * others whose peer is not known.
   */
  readonly peer?: string;
  /** The certificate that the client has shown. Absent: it has shown none, or the host cannot know. */
  readonly certificate?: ClientCertificate | undefined;
}

/**
 * Answers the requests for one path, on any host of the Fetch API.
 *
 * It reads the body itself, and holds it to a limit of its own. It answers its errors itself, too: one that it throws
 * is answered by the host.
 */
export type Endpoint = (request: Request, context?: EndpointContext) => Promise<Response>;
