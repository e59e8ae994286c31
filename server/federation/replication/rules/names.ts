/** What a stream is called on the servers: from its id alone, so that a repeated set-up finds what is there. */
export const namesOf = (id: string) => {
  const name = `atom_${id.replaceAll('-', '_')}`;
  return { publication: name, subscription: name, slot: name };
};

/** Made by a failover: its subscriber is where its rows came from. */
export const leadsBack = (id: string): boolean => id.endsWith('-back');

/** The same tables the other way, after a failover. */
export const reverseId = (id: string): string => (leadsBack(id) ? id.slice(0, -5) : `${id}-back`);

/** One name for both ways. */
export const pairId = (id: string): string => (leadsBack(id) ? reverseId(id) : id);
