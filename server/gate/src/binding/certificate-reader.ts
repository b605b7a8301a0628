import type { ClientCertificate } from "../kernel/client-certificate.ts";
import { assertOptions, required, SWITCH, TEXT, TEXTS } from "../kernel/option-forms.ts";
import { type AddressCheck, createAddressCheck } from "./address-list.ts";
import { type CertificateHeader, readCertificateHeader } from "./certificate-header.ts";
import {
  type CertificateReader,
  type CertifiedRequest,
  readConnectionCertificate,
} from "./connection-certificate.ts";

/** Where the certificates of clients come from when TLS ends at a proxy. */
export interface ClientCertificateOptions {
  /**
   * The header that the proxy sends the certificate in, in the form of
   * [RFC 9440](https://www.rfc-editor.org/rfc/rfc9440#section-2.2): its DER in base64, between colons. Such as `client-cert`.
   */
  readonly header: string;
  /**
   * The addresses of the proxies, or their networks, such as `10.0.0.0/8`. A request that comes from elsewhere has the
   * certificate of its own connection, and its header counts for nothing.
   */
  readonly proxies: readonly string[];
  /**
   * Whether the proxies let no certificate through that an authority of yours has not signed. Default: false, then
   * the subject and the other names of a certificate are not read, and only tokens can be bound to it.
   */
  readonly areVerified?: boolean | undefined;
}

const FORMS = {
  header: required(TEXT, "must be the name of a header, such as client-cert"),
  proxies: required(TEXTS, "must be a list of addresses or networks, such as 10.0.0.0/8"),
  areVerified: SWITCH,
} satisfies Record<keyof ClientCertificateOptions, unknown>;

/** The name of a field ([RFC 9110 §5.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.1)). */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Where certificates are read from. */
export interface CertificateSource {
  readonly read: CertificateReader;
  /** The header that is taken away from what handlers see, in lower case; undefined: there is none. */
  readonly header: string | undefined;
}

/**
 * Create what finds the certificate of a client.
 *
 * @param options undefined: TLS ends at this server, and the connection has it
 * @throws TypeError when an option has no known name, or is not of its kind
 */
export function createCertificateSource(options: ClientCertificateOptions | undefined): CertificateSource {
  if (options === undefined) {
    return { read: readConnectionCertificate, header: undefined };
  }
  assertOptions("clientCertificates", options, FORMS);
  if (!FIELD_NAME.test(options.header)) {
    throw new TypeError(`clientCertificates: header ${FORMS.header.says}`);
  }
  const header = options.header.toLowerCase();
  const isProxy = createAddressCheck("clientCertificates.proxies", options.proxies);
  return { read: createReader(isProxy, { header, isVerified: options.areVerified ?? false }), header };
}

function createReader(isProxy: AddressCheck, header: CertificateHeader): CertificateReader {
  // A rule and a binding may both ask for that of one request.
  const known = new WeakMap<CertifiedRequest, { readonly certificate: ClientCertificate | undefined }>();
  return (request) => {
    if (!isProxy(addressOf(request))) {
      return readConnectionCertificate(request);
    }
    const read = known.get(request) ?? { certificate: readCertificateHeader(request, header) };
    known.set(request, read);
    return read.certificate;
  };
}

function addressOf(request: CertifiedRequest): string | undefined {
  try {
    return request.socket.remoteAddress;
  } catch {
    // Of a request over HTTP/2 Node throws once its connection is over.
    return undefined;
  }
}
