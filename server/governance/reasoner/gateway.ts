import type { ModelInput } from './rules/prompt.ts';

export interface Asked {
  system: string;
  input: ModelInput;
  /** JSON schema of the answer. */
  schema: Record<string, unknown>;
}

export type Answered =
  /** Whatever the model wrote: text from outside, not yet looked at. */
  | { result: 'answered'; model: string; text: string }
  /** The model will not, or its service does not accept the question. Asking again gives the same. */
  | { result: 'refused'; problem: string }
  /** It may work later. */
  | { result: 'away'; problem: string };

/** A language model. It is asked and answers; there is nothing else that it could do. */
export interface ModelGateway {
  readonly real: boolean;
  ask(question: Asked, signal: AbortSignal): Promise<Answered>;
}
