const SYSTEMS = [
  [/iPhone|iPad/, "iOS"],
  [/Android/, "Android"],
  [/Mac OS X/, "macOS"],
  [/Windows/, "Windows"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
] as const;

// In this order: each names those below it, too.
const BROWSERS = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/Safari\//, "Safari"],
] as const;

/**
 * Name a device for people: a browser by itself and its system, anything else by the first word of what it says.
 *
 * @param device what its client called it, or its header user-agent
 */
export function describeDevice(device: string): string {
  if (device === "") {
    return "An unknown device";
  }
  if (!device.startsWith("Mozilla/")) {
    return device.includes("/") ? (device.split(/[/\s]/, 1)[0] ?? device) : device;
  }
  const find = (names: typeof SYSTEMS | typeof BROWSERS): string | undefined =>
    names.find(([pattern]) => pattern.test(device))?.[1];
  const browser = find(BROWSERS) ?? "A browser";
  const system = find(SYSTEMS);
  return system === undefined ? browser : `${browser} on ${system}`;
}
