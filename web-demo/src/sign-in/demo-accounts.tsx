import type { ReactNode } from "react";
import { DEMO_ACCOUNTS } from "../model/demo-accounts.ts";

/** A user's name and password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The accounts that `countersign demo` makes: a click fills the form in. */
export function DemoAccounts(props: { readonly onPick: (credentials: Credentials) => void }): ReactNode {
  return (
    <section className="accounts" aria-labelledby="accounts-title">
      <h3 className="label" id="accounts-title">
        Demo accounts: pick one to fill the form in
      </h3>
      <ul className="accounts__list">
        {DEMO_ACCOUNTS.map(({ username, password, can }) => (
          <li key={username}>
            <button type="button" className="account" onClick={() => props.onPick({ username, password })}>
              <span className="account__name">{username}</span>
              <span className="account__password">{password}</span>
              <span className="account__can">{can}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
