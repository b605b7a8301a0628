/**
 * Write an address in the form that limits count by: an IPv4 address, or the first 64 bits of an IPv6 one, which are
 * what one customer gets.
 *
 * @param address as a socket of Node says it; anything else is left as it is
 */
export function toNetwork(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) {
    return mapped;
  }
  return address.includes(":") ? `${first64Bits(address)}::/64` : address;
}

function first64Bits(address: string): string {
  const [plain = ""] = address.split("%", 1);
  const [head = "", tail] = plain.split("::", 2);
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  // An address that ends like an IPv4 one has a group less than it shows.
  const groups = left.length + right.length + (plain.includes(".") ? 1 : 0);
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups)).fill("0");
  const all = [...left, ...zeros, ...right];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
