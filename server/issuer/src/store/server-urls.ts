/** The hosts of a connection string stand between the name and password and the path, with commas. */
const SEVERAL_HOSTS =
  /^(?<scheme>postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)(?<hosts>[^@/?#]*,[^@/?#]*)(?<rest>.*)$/s;

/**
 * List the URLs of the servers that a connection string names: of one that is the primary and others that may become it, as
 * libpq takes them. `target_session_attrs` changes nothing, since the store must be written: a server that can only be read
 * is passed over.
 *
 * @param url such as `postgres://user@one:5432,two:5432/name?target_session_attrs=read-write`
 */
export function listServerUrls(url: string): readonly [string, ...string[]] {
  const { scheme, hosts, rest } = SEVERAL_HOSTS.exec(url)?.groups ?? {};
  if (scheme === undefined || hosts === undefined || rest === undefined) {
    return [url];
  }
  const [first = "", ...others] = hosts.split(",").map((host) => `${scheme}${host}${rest}`);
  return [first, ...others];
}
