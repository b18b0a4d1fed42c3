// The one place that speaks HTTP. Field names are those of the JSON, which are those of the glossary.

const timeoutMs = 8000;

// What the server said was wrong, in a sentence meant for people (RFC 9457).
export class Problem extends Error {}

// GET /api/v1/<path>. Throws Problem when the server explains a failure, any other error when it does not
// answer.
export async function ask(path) {
  const reply = await fetch(
      `/api/v1/${path}`, {signal: AbortSignal.timeout(timeoutMs), headers: {Accept: "application/json"}});
  const body = await reply.json();
  if (!reply.ok) throw new Problem(body.detail);
  return body;
}
