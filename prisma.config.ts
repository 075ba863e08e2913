import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// Prisma's WASM engine stands in for the native one, whose download needs a CDN.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(new URL('./tools/schema-engine.mjs', import.meta.url));

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
});
