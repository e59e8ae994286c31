import { type ClassValue, clsx } from 'clsx';
import { createTailwindMerge } from 'tailwind-merge';

const any = () => true;
const width = (value: string) => /^\d+$/.test(value);
const named = (...names: string[]) => Object.fromEntries(names.map(name => [name, [{ [name]: [any] }]]));
const sides = (name: string) => ['x', 'y', 't', 'r', 'b', 'l'].map(side => name + side);
const words = (name: string, ...values: string[]) => [{ [name]: values }];

/**
 * The sorts of classes that this product uses, instead of the library's list of all there are, which every page would carry.
 * Its test holds each pair of classes that stands in a page against the whole list.
 */
const groups = {
  ...named('inset', 'inset-x', 'inset-y', 'top', 'right', 'bottom', 'left', 'z', 'order', 'aspect'),
  ...named(
    'size',
    'w',
    'h',
    'min-w',
    'max-w',
    'min-h',
    'max-h',
    'basis',
    'grow',
    'shrink',
    'grid-cols',
    'col-start',
  ),
  ...named('p', ...sides('p'), 'm', ...sides('m'), 'gap', 'gap-x', 'gap-y', 'opacity', 'duration'),
  ...named('bg', 'leading', 'line-clamp', 'cursor', 'animate', 'rotate', 'outline-offset', 'scroll-mt'),
  'justify-items': words('justify-items', 'start', 'center', 'end', 'stretch'),
  'justify-self': words('justify-self', 'auto', 'start', 'center', 'end', 'stretch'),
  justify: words('justify', 'start', 'center', 'end', 'between'),
  items: words('items', 'start', 'center', 'end', 'baseline', 'stretch'),
  self: words('self', 'auto', 'start', 'center', 'end', 'stretch', 'baseline'),
  content: words('content', 'start', 'center', 'end', 'between'),
  'place-items': words('place-items', 'start', 'center', 'end'),
  rounded: [{ rounded: ['', any] }],
  display: [
    'block',
    'inline-block',
    'inline',
    'flex',
    'inline-flex',
    'grid',
    'contents',
    'hidden',
    'table',
    'table-cell',
  ],
  position: ['static', 'relative', 'absolute', 'fixed', 'sticky'],
  'flex-direction': words('flex', 'row', 'col'),
  'flex-wrap': words('flex', 'wrap', 'nowrap'),
  flex: words('flex', '1', 'auto', 'none'),
  'col-span': [{ col: [{ span: [any] }] }],
  overflow: words('overflow', 'auto', 'hidden', 'visible', 'scroll'),
  ...named('overflow-x', 'overflow-y'),
  'font-family': words('font', 'sans', 'mono'),
  'font-weight': words('font', 'normal', 'medium', 'semibold'),
  'text-size': [{ text: ['xs', 'sm', 'base', 'lg', 'xl', '2xl', (value: string) => /^\[\d/.test(value)] }],
  'text-align': words('text', 'left', 'center', 'right'),
  'text-wrap': words('text', 'balance', 'pretty', 'wrap', 'nowrap'),
  'text-overflow': ['truncate'],
  'text-color': [{ text: [any] }],
  decoration: ['underline', 'no-underline'],
  align: words('align', 'top', 'middle', 'bottom', 'baseline'),
  whitespace: words('whitespace', 'normal', 'nowrap', 'pre-wrap', 'pre'),
  break: words('break', 'all', 'words', 'normal', 'keep'),
  list: words('list', 'none', 'disc', 'decimal'),
  'border-collapse': words('border', 'collapse', 'separate'),
  'border-width': [{ border: ['', width] }],
  'border-width-t': [{ 'border-t': ['', width] }],
  'border-width-r': [{ 'border-r': ['', width] }],
  'border-width-b': [{ 'border-b': ['', width] }],
  'border-width-l': [{ 'border-l': ['', width] }],
  'border-color-t': [{ 'border-t': [any] }],
  'border-color-r': [{ 'border-r': [any] }],
  'border-color-b': [{ 'border-b': [any] }],
  'border-color-l': [{ 'border-l': [any] }],
  'border-color': [{ border: [any] }],
  'outline-style': words('outline', 'none'),
  'outline-width': [{ outline: ['', width] }],
  'outline-color': [{ outline: [any] }],
  'ring-inset': words('ring', 'inset'),
  'ring-width': [{ ring: ['', width] }],
  'ring-color': [{ ring: [any] }],
  transition: words('transition', '', 'colors', 'transform', 'none', 'all'),
  sr: ['sr-only', 'not-sr-only'],
};

const merge = createTailwindMerge(() => ({
  cacheSize: 500,
  theme: {},
  classGroups: groups,
  conflictingClassGroups: {
    inset: ['inset-x', 'inset-y', 'top', 'right', 'bottom', 'left'],
    'inset-x': ['right', 'left'],
    'inset-y': ['top', 'bottom'],
    size: ['w', 'h'],
    p: sides('p'),
    px: ['pr', 'pl'],
    py: ['pt', 'pb'],
    m: sides('m'),
    mx: ['mr', 'ml'],
    my: ['mt', 'mb'],
    gap: ['gap-x', 'gap-y'],
    flex: ['basis', 'grow', 'shrink'],
    overflow: ['overflow-x', 'overflow-y'],
    'line-clamp': ['display', 'overflow'],
    'text-size': ['leading'],
    'border-width': ['border-width-t', 'border-width-r', 'border-width-b', 'border-width-l'],
    'border-color': ['border-color-t', 'border-color-r', 'border-color-b', 'border-color-l'],
  },
  conflictingClassGroupModifiers: {},
  orderSensitiveModifiers: ['*', '**', 'after', 'before', 'file', 'placeholder', 'selection'],
}));

/** Joins class names; the later of two that contradict each other wins. */
export const cn = (...classes: ClassValue[]): string => merge(clsx(classes));
