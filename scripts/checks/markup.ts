import type { SourceFile } from './files.ts';

const list =
  /<(ul|ol|dl|table|thead|tbody|tr|li|dt|dd)\b(?:[^<>]|=>)*?\srole="(?!list"|presentation")[a-z]+"/g;

/**
 * Another role takes a list or a table away, and leaves its items without one. Such a list may show in one state only,
 * where no journey has to come by: what announces it stands around it.
 */
export function orphanedItems(files: SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.endsWith('.tsx'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(list)].map(
        ({ index, 1: tag }) =>
          `${path}:${text.slice(0, index).split('\n').length}: <${tag}> with a role of its own; put the role on an element around it`,
      ),
    );
}
