/** Looked at here, so that runtimes without it can load this file too. */
const { process } = globalThis;

/** Checks whether an address, as a socket of Node says it, is one of a list. */
export type AddressCheck = (address: string | undefined) => boolean;

const FORM = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i;

/**
 * Create what checks addresses against a list of addresses and networks.
 *
 * @param what the option that has the list, for the error
 * @param networks such as `10.0.0.7`, `10.0.0.0/8` and `fd00::/8`
 * @throws TypeError when one is no address and no network, or the runtime is not one of Node's
 */
export function createAddressCheck(what: string, networks: readonly string[]): AddressCheck {
  const net = process?.getBuiltinModule?.("node:net");
  if (net === undefined) {
    throw new TypeError(`${what}: this runtime does not say from which address a request comes`);
  }
  const list = new net.BlockList();
  for (const network of networks) {
    const [, address = "", bits] = FORM.exec(network) ?? [];
    const version = net.isIP(address);
    const width = version === 4 ? 32 : 128;
    const prefix = Number(bits ?? width);
    if (version === 0 || prefix > width) {
      throw new TypeError(
        `${what} must be IP addresses or networks, such as 10.0.0.0/8, and has another text`,
      );
    }
    list.addSubnet(address, prefix, version === 4 ? "ipv4" : "ipv6");
  }
  return (address = "") => {
    const version = net.isIP(address);
    return version !== 0 && list.check(address, version === 4 ? "ipv4" : "ipv6");
  };
}
