import { readFileSync } from 'node:fs';
import type { KafkaConnection } from '../adapters/kafka/kafkaClient.ts';
import type { ParsedConfig } from '../configSchema.ts';
import { BanyanError, messageOf } from '../errors.ts';

type KafkaSettings = ParsedConfig['kafka'];
type SslSettings = Exclude<KafkaSettings['ssl'], boolean>;

/** How to reach the brokers, secrets revealed: for the roles that read Kafka only. */
export function kafkaConnection(settings: KafkaSettings): KafkaConnection {
  return {
    brokers: settings.brokers,
    clientId: settings.clientId,
    ssl: typeof settings.ssl === 'boolean' ? settings.ssl : tlsOptions(settings.ssl),
    ...(settings.sasl === undefined ? {} : { sasl: saslOptions(settings.sasl) }),
  };
}

/** TLS options from the paths of PEM files. */
export function tlsOptions(ssl: SslSettings) {
  return {
    rejectUnauthorized: ssl.rejectUnauthorized,
    ...(ssl.ca === undefined ? {} : { ca: pem(ssl.ca) }),
    ...(ssl.cert === undefined ? {} : { cert: pem(ssl.cert) }),
    ...(ssl.key === undefined ? {} : { key: pem(ssl.key.reveal()) }),
  };
}

function saslOptions(sasl: NonNullable<KafkaSettings['sasl']>): NonNullable<KafkaConnection['sasl']> {
  switch (sasl.mechanism) {
    case 'oauthbearer':
      return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: sasl.token.reveal() }) };
    case 'plain':
      return { mechanism: 'plain', username: sasl.username, password: sasl.password.reveal() };
    case 'scram-sha-256':
      return { mechanism: 'scram-sha-256', username: sasl.username, password: sasl.password.reveal() };
    case 'scram-sha-512':
      return { mechanism: 'scram-sha-512', username: sasl.username, password: sasl.password.reveal() };
    default:
      return sasl satisfies never;
  }
}

function pem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new BanyanError('bad_config', `the PEM file ${path} can't be read: ${messageOf(error)}`, { cause: error });
  }
}
