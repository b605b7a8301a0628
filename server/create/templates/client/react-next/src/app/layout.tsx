import type { ReactNode } from "react";

export const metadata = { title: "Greeter" };

/** What all pages have in common. */
export default function Layout({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
