"use client";

import dynamic from "next/dynamic";

/** In browsers only: the session of the user is kept there, and no server has one. */
const App = dynamic(async () => (await import("../page/app.tsx")).App, { ssr: false });

export default App;
