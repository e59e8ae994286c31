import { redact, redactText } from '#kernel/redact/redact.ts';

export interface Called {
  /** 0: nothing came back. */
  status: number;
  retryAfter: string | undefined;
  text: string;
  json: Record<string, unknown>;
  fault: string | null;
}

const longest = 64 * 1024;

/** For addresses of the console's own environment; what people type goes through the guarded fetch instead. */
export async function callJson(
  url: string,
  body: unknown,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Called> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body: JSON.stringify(body),
      redirect: 'error',
      signal,
    });
    const text = (await response.text()).slice(0, longest);
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after') ?? undefined,
      text,
      json: asObject(text),
      fault: null,
    };
  } catch (error) {
    const fault = signal.aborted ? 'no answer in time' : reasonOf(error);
    return { status: 0, retryAfter: undefined, text: '', json: {}, fault };
  }
}

function asObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** The cause says what happened; the outer message of fetch is always the same. Neither may show an address. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: unknown }).code;
  return typeof code === 'string' ? code : redactText(cause instanceof Error ? cause.name : 'failed');
}

/** What the log keeps of an answer: enough to see why, nothing that opens anything. */
export const keptAnswer = (called: Called): Record<string, unknown> => ({
  status: called.status,
  ...(called.fault ? { fault: called.fault } : {}),
  ...(called.text
    ? { body: redact(Object.keys(called.json).length > 0 ? called.json : called.text.slice(0, 1000)) }
    : {}),
});
