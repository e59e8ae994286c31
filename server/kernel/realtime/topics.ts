import type { Principal } from '../auth/principal.ts';

/**
 * A hint that something changed: which system (router key), which row, whose tenant. It carries no data, so that the
 * reader's own permissions decide what it sees when it asks again.
 */
export interface Notice {
  id: number;
  topic: string;
  key: string | null;
  tenantId: string | null;
  type: string;
  at: string;
}

/** The cursor is older than what is kept: everything shown may be out of date. */
export interface Gap {
  id: number;
  gap: true;
}

export const visibleTo = (principal: Principal, notice: Notice): boolean =>
  principal.tenantId === undefined || notice.tenantId === principal.tenantId;
