/** Answer whatever has no page. The service is loaded with the first request: `next build` loads this file, too. */
async function answer(request: Request): Promise<Response> {
  const { serve } = await import("../../serve.ts");
  return serve(request);
}

export { answer as GET, answer as POST };
