import { z } from 'zod';
import { documentSchemas, type PolicyRow } from '#server/policy/hub/schema.ts';

export interface FieldHelp {
  path: string;
  type: string;
  required: boolean;
  says: string;
}

interface Node {
  type?: string;
  enum?: unknown[];
  description?: string;
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  additionalProperties?: Node | boolean;
  minimum?: number;
  maximum?: number;
  default?: unknown;
}

/** The fields that a document of this kind may have, read off the schema that checks it. */
export function fieldsOf(kind: PolicyRow['kind']): FieldHelp[] {
  const schema = z.toJSONSchema(documentSchemas[kind], { io: 'input', unrepresentable: 'any' }) as Node;
  const rows: FieldHelp[] = [];
  const walk = (node: Node, path: string, required: boolean) => {
    if (path) rows.push({ path, type: typeOf(node), required, says: saysOf(node) });
    const { properties = {}, items, additionalProperties } = node;
    for (const [name, child] of Object.entries(properties))
      walk(child, path ? `${path}.${name}` : name, node.required?.includes(name) ?? false);
    if (items?.properties)
      for (const [name, child] of Object.entries(items.properties))
        walk(child, `${path}[].${name}`, items.required?.includes(name) ?? false);
    if (typeof additionalProperties === 'object' && additionalProperties.properties)
      for (const [name, child] of Object.entries(additionalProperties.properties))
        walk(child, `${path}.<name>.${name}`, additionalProperties.required?.includes(name) ?? false);
  };
  walk(schema, '', true);
  return rows;
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map(String).join(' | ');
  if (node.type === 'array') return `list of ${node.items ? typeOf(node.items) : 'anything'}`;
  if (node.type === 'object' && typeof node.additionalProperties === 'object')
    return `name → ${typeOf(node.additionalProperties)}`;
  if (node.type === 'integer' || node.type === 'number') return `${node.type}${rangeOf(node)}`;
  if (node.type === 'string') return 'text';
  return node.type ?? 'anything';
}

function rangeOf({ minimum, maximum }: Node): string {
  if (minimum === undefined || maximum === undefined) return '';
  return ` ${minimum.toLocaleString('en')} to ${maximum.toLocaleString('en')}`;
}

const saysOf = (node: Node): string =>
  [node.description, node.default === undefined ? undefined : `Left out: ${JSON.stringify(node.default)}.`]
    .filter(Boolean)
    .join(' ');
