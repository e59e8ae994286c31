import { docsPage } from '#kernel/http/rest/docs.ts';
import { consoleOpenApi } from '#server/rest.ts';

export const dynamic = 'force-dynamic';

export const GET = () =>
  new Response(docsPage(consoleOpenApi()), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    },
  });
