/** Convert to what Node sends: only `set-cookie` has values that must not be joined. */
export function toFields(headers: Headers): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  headers.forEach((value, name) => {
    fields[name] = value;
  });
  const cookies = headers.getSetCookie();
  if (cookies.length > 1) {
    fields["set-cookie"] = cookies;
  }
  return fields;
}
