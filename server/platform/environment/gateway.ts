import type { Probe } from '#kernel/env/define.ts';

/** Whether what a variable names is really there. Answers in words, within two seconds, and never with the value. */
export interface ProbeGateway {
  probe(
    kind: Probe,
    value: string,
    companions: { kubeconfig?: string; openaiBaseUrl?: string },
  ): Promise<string>;
}
