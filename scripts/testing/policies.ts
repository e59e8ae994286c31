import { systemContext } from '#kernel/trpc/commit.ts';
import { publishNow as publishPolicy } from '#scripts/testing/publish.ts';
import { consoleSigning } from '#server/policy/hub/service/console-signing.ts';
import { Hub } from '#server/policy/hub/service/hub.ts';
import type { TestBed } from './database.ts';

/** Publishes a policy and has the hub activate it: without relays nobody has to be waited for. */
export async function testHub(bed: TestBed) {
  const { database, clock } = bed;
  const hub = new Hub({ database, clock, signing: consoleSigning(database, clock) });
  await hub.start();
  const activate = async (content: { id: string; [key: string]: unknown }): Promise<number> => {
    const published = await publishPolicy(systemContext('test', database, clock), content);
    if (!('version' in published)) throw new Error(`${content.id} waits for an approval.`);
    const { version } = published;
    for (let i = 0; i < 10; i += 1) {
      await hub.step();
      const [row] = await bed.rows<{ active_version: number | null }>(
        'select active_version from policy where id = $1',
        [content.id],
      );
      if (row?.active_version === version) return version;
      clock.advance(1000);
    }
    throw new Error(`${content.id}@${version} did not become active.`);
  };
  return { hub, activate, stop: () => hub.stop() };
}
