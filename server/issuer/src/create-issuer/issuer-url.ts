import { isLoopback } from "@countersign/server/internal";

/**
 * Check the public URL of an issuer (RFC 8414 §2).
 *
 * Others fetch its keys there, and refuse to do that in the clear, where an attacker on the way can replace them.
 *
 * @returns what is wrong, as the end of a sentence; undefined when nothing is
 */
export function findIssuerUrlFault(
  url: string,
  { allowHttp = false }: { readonly allowHttp?: boolean | undefined } = {},
): string | undefined {
  const { protocol = "", hostname = "" } = URL.parse(url) ?? {};
  if (!/^https?:$/.test(protocol) || /[?#]/.test(url)) {
    return "must be an http(s) URL without query and fragment (RFC 8414 §2)";
  }
  return protocol === "https:" || allowHttp || isLoopback(hostname)
    ? undefined
    : "must begin with https://, or be on loopback: no gate fetches keys in the clear from elsewhere";
}
