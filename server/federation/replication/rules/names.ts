/** What a stream is called on the servers: from its id alone, so that a repeated set-up finds what is there. */
export const namesOf = (id: string) => {
  const name = `atom_${id.replaceAll('-', '_')}`;
  return { publication: name, subscription: name, slot: name };
};

/** Made by a failover: its subscriber is where its rows came from. */
export const leadsBack = (id: string): boolean => id.endsWith('-back');

/** The same tables the other way, after a failover. */
export const reverseId = (id: string): string => (leadsBack(id) ? id.slice(0, -5) : `${id}-back`);

/** A stream and the one the other way round are cut, put back and followed by one at a time: the name of that hold. */
export const turnOf = (id: string): string => `stream:${leadsBack(id) ? reverseId(id) : id}`;
