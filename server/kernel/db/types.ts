import pg from 'pg';

const { builtins } = pg.types;

/**
 * Rows go over the wire without a transformer, so they leave the driver in wire form: instants as ISO strings, 64-bit
 * integers as numbers while exact, numerics as strings.
 */
const parsers: Record<number, (text: string) => unknown> = {
  [builtins.TIMESTAMPTZ]: text => new Date(text).toISOString(),
  [builtins.INT8]: text => {
    const n = Number(text);
    return Number.isSafeInteger(n) ? n : text;
  },
};

export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers[oid]) || pg.types.getTypeParser(oid, format as 'text')) as never,
};
