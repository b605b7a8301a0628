/**
 * Read a setting, which `.env` has on this machine.
 *
 * @throws Error when it is not set
 */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`${name} is not set: see .env`);
  }
  return value;
}
