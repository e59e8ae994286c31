import { docsPage, docsPolicy } from '#kernel/http/rest/docs.ts';
import { consoleOpenApi } from '#server/rest.ts';
import { systemTitles } from '#server/systems.ts';

export const dynamic = 'force-dynamic';

export const GET = () =>
  new Response(docsPage(consoleOpenApi(), systemTitles), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': docsPolicy,
    },
  });
