/** `localhost`, an address of 127.0.0.0/8, `::1`. Not `*.localhost`: Node asks DNS for it, whatever RFC 6761 §6.3 says. */
const LOOPBACK = /^(localhost|127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}|::1|\[::1\])$/;

/** Check whether a host, as an address or as URLs have it, is this machine and no other. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}
