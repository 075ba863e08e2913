// The composition root of the web process: it has the store and nothing else.
import { certificateIn } from '../adapters/signing/checkCertificate.ts';
import { StoredCertificateReader } from '../adapters/store/certificateStore.ts';
import { openDatabase } from '../adapters/store/database.ts';
import { createReadStore } from '../adapters/store/readStore.ts';
import { StoredSelfTestReader } from '../adapters/store/selfTestReader.ts';
import { verdictStore } from '../adapters/store/verdictStore.ts';
import { BanyanError } from '../errors.ts';
import type { Principal } from '../ports/principal.ts';
import type { StageDeps } from '../services/openAttempt.ts';
import type { CertificateReading } from '../services/read/readCertificate.ts';
import type { SelfTestReading } from '../services/read/readSelfTests.ts';
import { LOCAL_OPERATOR } from '../services/requireRole.ts';
import { systemClock, uuidV7 } from './clocks.ts';

export interface Web extends CertificateReading, SelfTestReading {
  /** What moving a stage and opening an attempt need. */
  readonly stages: StageDeps;
  close(): Promise<void>;
}

// Module state is not shared between instrumentation and route handlers; the global object is.
const shared: typeof globalThis & { banyanWeb?: Promise<Web> | undefined; banyanWebClosed?: boolean } = globalThis;

/**
 * The web process's parts, opened once; a failed opening is tried again at the next call.
 * @throws BanyanError `bad_config` without DATABASE_URL, `unavailable` while the store can't be reached, and once web is closed.
 */
export function web(): Promise<Web> {
  if (shared.banyanWebClosed === true) return Promise.reject(new BanyanError('unavailable', 'web is being stopped'));
  if (shared.banyanWeb === undefined) {
    const opening = openWeb();
    shared.banyanWeb = opening;
    opening.catch(() => {
      shared.banyanWeb = undefined;
    });
  }
  return shared.banyanWeb;
}

/** Closes the store's connections for good; the last step of a stop. */
export async function closeWeb(): Promise<void> {
  shared.banyanWebClosed = true;
  const opened = shared.banyanWeb;
  shared.banyanWeb = undefined;
  await (await opened?.catch(() => undefined))?.close();
}

/** Who asks. Until sign-in is configured, loopback is served only and its user is the local operator. */
export function principal(): Principal {
  return LOCAL_OPERATOR;
}

async function openWeb(): Promise<Web> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === '') {
    throw new BanyanError('bad_config', 'web needs DATABASE_URL, the store that the worker writes', {
      fix: 'run `banyan start`, which sets it, or set DATABASE_URL=postgresql://…',
    });
  }
  const database = await openDatabase({ url, applicationName: 'banyan-web', maxConnections: 8, migrate: false });
  return {
    store: createReadStore(database.pool),
    stages: { store: verdictStore(database.pool), clock: systemClock, ids: uuidV7 },
    certificates: new StoredCertificateReader(database.pool),
    certificateIn,
    selfTests: new StoredSelfTestReader(database.pool),
    clock: systemClock,
    close: () => database.close(),
  };
}
