/** How a SPIFFE ID begins. */
const SPIFFE_SCHEME = "spiffe://";

/** The longest SPIFFE ID, in characters (SPIFFE-ID §2.3). */
const MAX_CHARS = 2048;

/** A trust domain (SPIFFE-ID §2.1). */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
/** A segment of a path (SPIFFE-ID §2.2); dots alone would lead elsewhere. */
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/;

/** Check whether a text is the SPIFFE ID of a trust domain, such as `spiffe://acme.example`. */
export function isTrustDomainId(text: string): boolean {
  return text.startsWith(SPIFFE_SCHEME) && TRUST_DOMAIN.test(text.slice(SPIFFE_SCHEME.length));
}

/**
 * Find the trust domain of a workload by its
 * [SPIFFE ID](https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md#2-spiffe-identity).
 *
 * @param value what may be a SPIFFE ID, such as `spiffe://acme.example/billing`
 * @returns the SPIFFE ID of the trust domain; undefined when the value is not the SPIFFE ID of a workload
 */
export function toTrustDomainId(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > MAX_CHARS || !value.startsWith(SPIFFE_SCHEME)) {
    return undefined;
  }
  const [domain = "", ...segments] = value.slice(SPIFFE_SCHEME.length).split("/");
  const isWorkload = segments.length > 0 && segments.every((segment) => SEGMENT.test(segment));
  return isWorkload && TRUST_DOMAIN.test(domain) ? SPIFFE_SCHEME + domain : undefined;
}
