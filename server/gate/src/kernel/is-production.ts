/**
 * Check whether the process says that it serves users: `NODE_ENV` is `production`. A host without an environment says
 * nothing of the kind.
 */
export function isProduction(): boolean {
  // Typed by hand: hosts of the web have no such global, and a host that has one may refuse to let the program read it.
  const host = globalThis as { readonly process?: { readonly env?: { readonly NODE_ENV?: unknown } } };
  try {
    return host.process?.env?.NODE_ENV === "production";
  } catch {
    return false; // Deno asks for leave to read the environment: a server that may not is told more, not less
  }
}
