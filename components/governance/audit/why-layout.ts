import type { WhyEdge, WhyNode } from '#server/governance/audit/schema.ts';

export interface Placed {
  uid: string;
  x: number;
  y: number;
}

const [width, height] = [260, 96];

/** Left to right by the longest way from a beginning; one below the other within a step. */
export function placeNodes(
  nodes: readonly Pick<WhyNode, 'uid'>[],
  edges: readonly Pick<WhyEdge, 'from' | 'to'>[],
): Placed[] {
  const depth = new Map(nodes.map(node => [node.uid, 0]));
  // Causes come before effects, so as many rounds as nodes settle it, also if a cycle was written.
  for (let round = 0; round < nodes.length; round++) {
    let moved = false;
    for (const { from, to } of edges) {
      const next = Math.min((depth.get(from) ?? 0) + 1, nodes.length - 1);
      if (next > (depth.get(to) ?? 0)) {
        depth.set(to, next);
        moved = true;
      }
    }
    if (!moved) break;
  }
  const filled = new Map<number, number>();
  return nodes.map(({ uid }) => {
    const column = depth.get(uid) ?? 0;
    const row = filled.get(column) ?? 0;
    filled.set(column, row + 1);
    return { uid, x: column * width, y: row * height };
  });
}
