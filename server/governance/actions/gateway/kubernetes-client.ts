import type { AppsV1Api, AuthorizationV1Api, CoreV1Api } from '@kubernetes/client-node';
import { DriverAway, DriverRefused } from '../gateway.ts';

export interface Cluster {
  apps: AppsV1Api;
  core: CoreV1Api;
  auth: AuthorizationV1Api;
  /** Of a patch that merges. */
  merge: Parameters<AppsV1Api['patchNamespacedDeployment']>[1];
}

export interface ClusterConfig {
  context: string;
  kubeconfig?: string | undefined;
  /** Before a tenant's id: one namespace per tenant. */
  namespacePrefix: string;
}

/** The client is large: it is loaded when a cluster is really asked. */
export async function openCluster({ context, kubeconfig }: ClusterConfig): Promise<Cluster> {
  const k8s = await import('@kubernetes/client-node');
  const config = new k8s.KubeConfig();
  try {
    if (kubeconfig) config.loadFromFile(kubeconfig);
    else config.loadFromDefault();
    config.setCurrentContext(context);
  } catch (error) {
    throw new DriverRefused(`The kubeconfig cannot be read: ${wordsOf(error)}`, error);
  }
  if (!config.getCurrentCluster()) throw new DriverRefused(`The kubeconfig has no context ${context}.`);
  return {
    apps: config.makeApiClient(k8s.AppsV1Api),
    core: config.makeApiClient(k8s.CoreV1Api),
    auth: config.makeApiClient(k8s.AuthorizationV1Api),
    merge: k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch),
  };
}

const wordsOf = (error: unknown) => (error instanceof Error ? error.message.slice(0, 200) : 'unknown');

export const statusOf = (error: unknown): number | null =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : null;

const deadlineMs = 15_000;

/** One call: ended by the order's signal or a deadline, its refusal in the words of drivers. Conflicts and 429 are the caller's. */
export async function call<T>(what: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const over = AbortSignal.any([AbortSignal.timeout(deadlineMs), ...(signal ? [signal] : [])]);
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(new DriverAway(`The cluster did not answer in time: ${what}.`));
  over.addEventListener('abort', stop, { once: true });
  try {
    over.throwIfAborted();
    return await Promise.race([run(), promise]);
  } catch (error) {
    const status = statusOf(error);
    if (status === 409 || status === 429) throw error;
    if (error instanceof DriverAway) throw error;
    if (over.aborted) throw new DriverAway(`The cluster did not answer in time: ${what}.`, error);
    if (status === null || status >= 500)
      throw new DriverAway(`The cluster cannot be reached: ${what}.`, error);
    throw new DriverRefused(`The cluster refused to ${what} (${status}): ${reasonOf(error)}`, error);
  } finally {
    over.removeEventListener('abort', stop);
  }
}

/** What a Status object says; never the whole answer. */
function reasonOf(error: unknown): string {
  const body = (error as { body?: unknown }).body;
  try {
    const status = typeof body === 'string' ? JSON.parse(body) : body;
    const message: unknown = status?.message;
    return typeof message === 'string' ? message.slice(0, 200) : 'no reason given';
  } catch {
    return 'no reason given';
  }
}

export async function found<T>(what: string, run: () => Promise<T>): Promise<T | null> {
  try {
    return await call(what, run);
  } catch (error) {
    if (error instanceof DriverRefused && statusOf(error.cause) === 404) return null;
    throw error;
  }
}

export interface Need {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
}

/** Asks the cluster what this console may do before anything is tried. */
export async function requireAccess(cluster: Cluster, needs: readonly Need[]): Promise<void> {
  for (const need of needs) {
    const review = await call('review access', () =>
      cluster.auth.createSelfSubjectAccessReview({
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: need },
        },
      }),
    );
    if (!review.status?.allowed)
      throw new DriverRefused(
        `The cluster does not let this console ${need.verb} ${need.resource}${need.subresource ? `/${need.subresource}` : ''}${need.namespace ? ` in ${need.namespace}` : ''}.`,
      );
  }
}
