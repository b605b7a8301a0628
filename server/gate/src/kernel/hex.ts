const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Write bytes as hexadecimal text. `Uint8Array.prototype.toHex` is younger than the runtimes that load this. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += HEX[byte];
  }
  return text;
}
