/** Check whether a host, as an address or as URLs have it, is this machine and no other. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/.test(host);
}
