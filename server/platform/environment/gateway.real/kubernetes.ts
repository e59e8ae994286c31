import { readFileSync } from 'node:fs';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { json } from './files.ts';
import { Reason } from './reason.ts';
import { deadlineMs } from './wire.ts';
import { readYaml } from './yaml.ts';

const kubeconfig = z.object({
  clusters: z
    .array(
      z.object({
        name: z.string(),
        cluster: z.object({
          server: z.string(),
          'certificate-authority': z.string().optional(),
          'certificate-authority-data': z.string().optional(),
          'insecure-skip-tls-verify': z.union([z.string(), z.boolean()]).optional(),
          'tls-server-name': z.string().optional(),
        }),
      }),
    )
    .nullish(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string() }) })).nullish(),
});
type Cluster = NonNullable<z.output<typeof kubeconfig>['clusters']>[number]['cluster'] & { folder: string };

/** The cluster that the context names, not the first one in the file. */
function clusterOf(context: string, paths: readonly string[]): Cluster {
  const files = paths.map(path => {
    const text = readFileSync(path, 'utf8');
    const read = kubeconfig.safeParse(json(text) ?? readYaml(text));
    if (!read.success) throw new Reason('not a kubeconfig');
    return { folder: dirname(path), ...read.data };
  });
  const name = files.flatMap(f => f.contexts ?? []).find(c => c.name === context)?.context.cluster;
  if (name === undefined) throw new Reason('no such context in the kubeconfig');
  for (const { folder, clusters } of files) {
    const found = clusters?.find(c => c.name === name);
    if (found) return { ...found.cluster, folder };
  }
  throw new Reason('the context’s cluster is not in the kubeconfig');
}

/** Asks the API server for its version, without credentials: who may do what there is another question. */
export async function kubeContext(context: string, path: string | undefined): Promise<string> {
  const cluster = clusterOf(
    context,
    (path ?? join(homedir(), '.kube', 'config')).split(delimiter).filter(Boolean),
  );
  const url = new URL(`${cluster.server.replace(/\/$/, '')}/version`);
  const ca = cluster['certificate-authority-data']
    ? Buffer.from(cluster['certificate-authority-data'], 'base64')
    : cluster['certificate-authority']
      ? readFileSync(resolve(cluster.folder, cluster['certificate-authority']))
      : undefined;
  const status = await new Promise<number>((done, fail) => {
    const asked = (url.protocol === 'https:' ? secure : plain)(
      url,
      {
        signal: AbortSignal.timeout(deadlineMs),
        agent: false,
        ...(ca ? { ca } : {}),
        ...(cluster['tls-server-name'] ? { servername: cluster['tls-server-name'] } : {}),
        rejectUnauthorized: String(cluster['insecure-skip-tls-verify']) !== 'true',
      },
      response => {
        response.resume();
        done(response.statusCode ?? 0);
      },
    );
    asked.once('error', error => fail(error.name === 'AbortError' ? new Reason('no answer in time') : error));
    asked.end();
  });
  return status === 200 || status === 401 || status === 403 ? 'REACHABLE' : `ERROR:status ${status}`;
}
