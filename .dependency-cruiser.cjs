// The house's rules: dependencies point one way, public entry points are the only doors, and what decides does no I/O.

// The files other packages, examples and benchmarks may import.
const entryPoints = [
  '^packages/[^/]+/src/index\\.ts$',
  '^packages/producer/src/(fleet|native|sample)/index\\.ts$',
  '^packages/core/src/config/document\\.ts$',
  '^packages/core/src/kafka/drivers/index\\.ts$',
  '^packages/core/src/kafka/drivers/[^/]+/index\\.ts$',
  '^packages/core/src/msk/index\\.ts$',
  '^packages/core/src/processes/process-identity\\.ts$',
  '^packages/core/src/storage/index\\.ts$',
  '^packages/emr/src/(ec2|eks|serverless)/index\\.ts$',
  '^packages/iceberg-ops/src/(athena|metadata)/index\\.ts$',
  '^packages/testkit/src/aws/index\\.ts$',
  '^spark/[^/]+\\.schema\\.json$',
]

// Rooms and files that only decide: clock, randomness, environment and sockets come in as arguments.
const pure = [
  '^packages/core/src/(errors|finding)\\.ts$',
  '^packages/core/src/iam/',
  '^packages/core/src/auth/(token-plan|explain-denial|options|auth-token)\\.ts$',
  '^packages/core/src/msk/(aws-failure|bootstrap-brokers|broker-sizes|cluster-(comparison|definition|findings|plan)|create-input|kafka-version|poll-plan|topic-configs|topic-route)\\.ts$',
  '^packages/core/src/(avro|config)/',
  '^packages/core/src/aws/client-options\\.ts$',
  '^packages/core/src/storage/(lease-plan|location|port)\\.ts$',
  '^packages/testkit/src/aws/(aws-json|aws-options|injected-faults|object-uri|query-xml|rest-json|rest-lists|rest-route|s3-faults|service|signature|temporary-credentials|token-buckets|wire-values)\\.ts$',
  '^packages/testkit/src/aws/athena/(athena-options|maintenance-parser|query-failure|query-request|query-wire|results|spark-sql|sql-tokens|statement|workgroups)\\.ts$',
  '^packages/testkit/src/aws/emr/(cluster-wire|limits|step|step-logs|validation)\\.ts$',
  '^packages/testkit/src/aws/emr-(containers|serverless)/(retries|run-wire|validation)\\.ts$',
  '^packages/testkit/src/aws/jobs/(driver-spec|failure-reason|spark-submit)\\.ts$',
  '^packages/core/src/maintenance/',
  '^packages/core/src/retry/policy\\.ts$',
  '^packages/core/src/kafka/(topic-plan|drivers/frames)\\.ts$',
  '^packages/producer/src/(batch|sample)/',
  '^packages/producer/src/native/(backoff|broker-versions|partition-queues?|pending-batch|reconnect-backoff|report-builder|transaction-errors|verdict|wire/.*)\\.ts$',
  '^packages/producer/src/(options|driver-limits)\\.ts$',
  '^packages/producer/src/registry/(confluent-answer|framing|glue-status|read-framing|wire-format)\\.ts$',
  '^packages/producer/src/fleet/(latency-histogram|messages|options|plan|report|restart-budget|token-bucket|worker-counters)\\.ts$',
  '^packages/emr/src/(releases|releases-data|rendering|sources)\\.ts$',
  '^packages/emr/src/(conf|job|size)/',
  '^packages/emr/src/artifact/(artifact|zip)\\.ts$',
  '^packages/emr/src/aws/emr-failure\\.ts$',
  '^packages/emr/src/cluster/(cluster-plan|fields|kafka-ingress|managed-tags|render-cluster-plan|role-trust|service)\\.ts$',
  '^packages/emr/src/ec2/(cluster-answer|cluster-definition|plan-cluster|run-job-flow-input)\\.ts$',
  '^packages/emr/src/serverless/(application-definition|plan-application)\\.ts$',
  '^packages/emr/src/eks/plan-virtual-cluster\\.ts$',
  '^packages/emr/src/run/(failure|identity|port|progress|replacement-plan|run-tags|spark-submit|staged-document|submission-plan|wait-plan)\\.ts$',
  '^packages/emr/src/run/targets/(ec2-step-answers|local-state|service-status)\\.ts$',
  '^packages/iceberg-ops/src/(audit|maintenance|policy|statement)/',
  '^packages/iceberg-ops/src/catalog/(glue-table|rest-answer|source)\\.ts$',
  '^packages/iceberg-ops/src/health/(?!(measure|measure-table|orphans)\\.)',
  '^packages/iceberg-ops/src/metadata/(damage|select-snapshots)\\.ts$',
  '^packages/iceberg-ops/src/metadata/avro/(cursor|read|schema|skip)\\.ts$',
  '^packages/iceberg-ops/src/metadata/manifest/(file-entry|manifest-list|partition|partition-name)\\.ts$',
  '^packages/iceberg-ops/src/metadata/table/',
  '^packages/iceberg-ops/src/(athena/answer|run/(effect|engine))\\.ts$',
  '^packages/testkit/src/(java-properties|jvm-options|progress)\\.ts$',
  '^packages/testkit/src/local/(broker-files|kafka-releases|listeners|loopback|metadata-wire|options|stack-record)\\.ts$',
  '^packages/testkit/src/local/iam/(?!(certificates|iam-files|local-iam|prepare-iam|private-file)\\.)',
  '^packages/testkit/src/spark/(events|spark-files)\\.ts$',
  '^packages/testkit/src/toolchain/(cache-folder|jar-bundles|tool-output)\\.ts$',
  '^packages/cli/src/terminal/format\\.ts$',
  '^bench/produce/(comparison/|report\\.ts$)',
  '^bench/consume/(contenders|report|run)\\.ts$',
]

const inputOutput =
  '^(node:)?(fs|net|tls|dns|http|https|http2|dgram|child_process|worker_threads|cluster|readline|os|process|timers|perf_hooks)(/|$)'
const kafkaClients = 'node_modules/(kafkajs|@confluentinc)/'

const onlyCore = (name) => ({
  name: `${name}-imports-only-core`,
  severity: 'error',
  from: { path: `^packages/${name}/src` },
  to: { path: '^packages/', pathNot: [`^packages/${name}/`, '^packages/core/'] },
})

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'core-imports-no-package',
      severity: 'error',
      from: { path: '^packages/core/src' },
      to: { path: '^(packages|spark)/', pathNot: '^packages/core/' },
    },
    onlyCore('producer'),
    onlyCore('emr'),
    onlyCore('iceberg-ops'),
    {
      name: 'nothing-imports-the-cli',
      severity: 'error',
      from: { pathNot: '^packages/cli/' },
      to: { path: '^packages/cli/' },
    },
    {
      name: 'testkit-does-not-import-the-producer',
      comment: 'The test kit starts things; who produces is the business of its users.',
      severity: 'error',
      from: { path: '^packages/testkit/src' },
      to: { path: '^packages/producer/' },
    },
    {
      name: 'only-entry-points-across-packages',
      severity: 'error',
      from: {
        path: '^packages/([^/]+)/(src|test)',
        pathNot: [
          '^packages/testkit/test/((driver|cluster|transaction)-faults\\.|faults/|native-kafka-4\\.1\\.)',
          '^packages/producer/test/native\\.',
          '^packages/cli/test/produce-registry\\.',
        ],
      },
      to: { path: '^(packages|spark)/', pathNot: ['^packages/$1/', ...entryPoints] },
    },
    {
      name: 'examples-and-benchmarks-use-entry-points',
      severity: 'error',
      from: { path: '^(examples|bench)/' },
      to: { path: '^(packages|spark)/', pathNot: entryPoints },
    },
    {
      name: 'drivers-stay-behind-the-port',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: '^packages/core/src/kafka/drivers/' },
      to: { path: kafkaClients },
    },
    {
      name: 'what-decides-does-no-io',
      severity: 'error',
      from: { path: pure },
      to: { path: [inputOutput, kafkaClients] },
    },
    {
      name: 'what-decides-calls-only-what-decides',
      comment: 'Types may come from anywhere, and other packages are entered at their public doors.',
      severity: 'error',
      from: { path: pure },
      to: { path: '^packages/', pathNot: [...pure, ...entryPoints], dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency-in-sources',
      severity: 'error',
      from: { path: '^packages/[^/]+/src' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'], pathNot: '^spark/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/\\.cache)/' },
    tsPreCompilationDeps: 'specify',
    combinedDependencies: false,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@tidewater/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.d.mts', '.mjs', '.js', '.json'],
    },
  },
}
