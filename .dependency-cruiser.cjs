// The import rules of docs/architecture.md. Each is an error; there is no baseline of exceptions.
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from, pathNot: '\\.test\\.tsx?$' },
  to: { pathNot: allowed, dependencyTypesNot: ['core'] },
});
const npm = (...names) => names.map((n) => `^node_modules/${n}(/|$)`);

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'lib/core imports lib/core and small numeric libraries only: no I/O, no clock, not even Node built-ins.',
      from: { path: '^lib/core/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^lib/core/', ...npm('@stdlib')] },
    },
    {
      name: 'ports-know-core-only',
      severity: 'error',
      from: { path: '^lib/ports/' },
      to: { pathNot: ['^lib/(core|ports)/'] },
    },
    only(
      'services-know-core-and-ports',
      '^lib/services/',
      ['^lib/(core|ports|services)/', '^lib/errors\\.ts$', ...npm('@opentelemetry/api')],
      'A use case reaches the outside through a port.',
    ),
    {
      name: 'adapters-know-no-service',
      severity: 'error',
      comment: 'An adapter knows its own outside thing, core, ports and errors.',
      from: { path: '^lib/adapters/', pathNot: '\\.test\\.ts$' },
      to: { path: ['^lib/(services|runtime)/', '^(app|bin|demo|bench)/'] },
    },
    {
      name: 'adapters-know-no-other-adapter',
      severity: 'error',
      from: { path: '^lib/adapters/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^lib/adapters/([^/]+)/', pathNot: '^lib/adapters/$1/' },
    },
    {
      name: 'kafkajs-in-adapters-kafka-only',
      severity: 'error',
      from: { path: '^(lib|app)/', pathNot: '^lib/adapters/kafka/' },
      to: { path: npm('kafkajs') },
    },
    {
      name: 'prisma-in-adapters-store-only',
      severity: 'error',
      from: { path: '^(lib|app|bin|bench)/', pathNot: '^lib/(adapters/store|generated)/' },
      to: { path: ['^lib/generated/', ...npm('@prisma')] },
    },
    {
      name: 'web-has-the-store-only',
      severity: 'error',
      comment: 'The web process holds no source credentials, no webhook secrets, no Kafka.',
      from: { path: '^lib/runtime/web' },
      to: { path: '^lib/adapters/(kafka|otlp|postgres|webhook|registry|connect|prometheus)/' },
    },
    {
      name: 'lib-knows-no-app',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(app|bin|demo|bench|e2e)/' },
    },
    {
      name: 'app-through-runtime-web',
      severity: 'error',
      from: { path: '^app/', pathNot: '^app/_ui/' },
      to: { path: '^(lib/(adapters|generated)|demo|bin|bench)/', pathNot: '^lib/runtime/web' },
    },
    {
      name: 'app-reaches-runtime-web-only',
      severity: 'error',
      from: { path: '^app/' },
      to: { path: '^lib/runtime/', pathNot: '^lib/runtime/web' },
    },
    {
      name: 'ui-knows-core-and-url',
      severity: 'error',
      from: { path: '^app/_ui/' },
      to: { path: ['^lib/(services|runtime|adapters)/'] },
    },
    {
      name: 'bin-and-bench-know-runtime',
      severity: 'error',
      from: { path: '^(bin|bench)/' },
      to: { path: ['^lib/(services|adapters)/', '^app/'] },
    },
    {
      name: 'estate-is-somebody-elses-system',
      severity: 'error',
      from: { path: '^demo/estate/' },
      to: { path: ['^(lib|app|bin)/', '^demo/infra/'] },
    },
    {
      name: 'demo-knows-cdc-types-and-the-embedded-postgres-only',
      severity: 'error',
      from: { path: '^demo/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(lib|app)/', pathNot: '^lib/(core/cdc|adapters/embedded)/' },
    },
    {
      name: 'e2e-knows-the-browser-only',
      severity: 'error',
      from: { path: '^e2e/' },
      to: { path: '^(lib|app|bin|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.next|\\.cache|lib/generated/.*/internal)' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
