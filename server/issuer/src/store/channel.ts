/** Names of channels come from our own code. @throws TypeError when one is not of the form that fits into SQL as it is */
export function assertChannel(channel: string): void {
  if (!/^[a-z0-9_]{1,63}$/.test(channel)) {
    throw new TypeError("a channel has 1 to 63 lower-case letters, digits and underscores");
  }
}
