// The configuration files of the broker and of Connect, with ports and folders filled in.

export interface BrokerSettings {
  readonly port: number;
  readonly controllerPort: number;
  readonly logDir: string;
}

/** server.properties of a single KRaft node (broker and controller) on 127.0.0.1. */
export function brokerProperties({ port, controllerPort, logDir }: BrokerSettings): string {
  return lines({
    'process.roles': 'broker,controller',
    'node.id': '1',
    // Voters by configuration, so that another controller port at the next start needs no change of the quorum.
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': logDir,
    'num.partitions': '3',
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '5',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '5',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'log.cleaner.dedupe.buffer.size': '16777216',
    // A killed broker waits for its own old session before it may register again: 5 s with these two, 12 s without.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
  });
}

export interface ConnectSettings {
  readonly port: number;
  readonly kafka: string;
  readonly pluginFolder: string;
}

/** connect.properties of one Connect worker (JSON without schemas) on 127.0.0.1. */
export function connectProperties({ port, kafka, pluginFolder }: ConnectSettings): string {
  return lines({
    'bootstrap.servers': kafka,
    'group.id': 'connect',
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'key.converter.schemas.enable': 'false',
    'value.converter.schemas.enable': 'false',
    'offset.storage.topic': 'connect-offsets',
    'offset.storage.replication.factor': '1',
    'offset.storage.partitions': '1',
    'config.storage.topic': 'connect-configs',
    'config.storage.replication.factor': '1',
    'status.storage.topic': 'connect-status',
    'status.storage.replication.factor': '1',
    'status.storage.partitions': '1',
    'offset.flush.interval.ms': '1000',
    // Topics are made before the connectors; Connect must not make them with other settings.
    'topic.creation.enable': 'false',
    listeners: `http://127.0.0.1:${port}`,
    'plugin.path': pluginFolder,
    'plugin.discovery': 'service_load',
    'connector.client.config.override.policy': 'All',
    'task.shutdown.graceful.timeout.ms': '3000',
  });
}

/** Java properties: backslashes of a Windows path are escapes there, so they are doubled. */
function lines(settings: Readonly<Record<string, string>>): string {
  return `${Object.entries(settings)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}`)
    .join('\n')}\n`;
}
