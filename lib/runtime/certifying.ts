import { resolve } from 'node:path';
import { openSigningKey } from '../adapters/signing/signingKey.ts';
import { StoredCertificates } from '../adapters/store/certificateStore.ts';
import { BanyanError, messageOf } from '../errors.ts';
import type { PartReport } from '../ports/statusBoard.ts';
import { type CertifyOutcome, certify } from '../services/certify.ts';
import { systemClock, uuidV7 } from './clocks.ts';
import type { Stoppable } from './lifetime.ts';
import { repeat } from './repeat.ts';
import type { RoleDeps } from './roleDeps.ts';
import { BANYAN_VERSION } from './version.ts';

const LOOK_EVERY_MS = 5_000;

/**
 * Issues certificates on clean passes, as part of the role `verify`. The signing key is made at the first start.
 * @param keyFile where the private key is kept
 */
export function startCertifying({ config, database, logger, status }: RoleDeps, keyFile: string): Stoppable {
  const { contexts, id: migration } = config.migration;
  const store = new StoredCertificates(database.pool);
  const open = async () => {
    const signer = openSigningKey(resolve(keyFile));
    await store.publishKey(signer.publicKey, systemClock.nowMs());
    return signer;
  };
  let signer: Awaited<ReturnType<typeof open>> | null = null;
  return repeat('certificates', LOOK_EVERY_MS, logger, async (signal) => {
    for (const context of contexts) {
      if (signal.aborted) return;
      const part = `certificates:${context.id}`;
      try {
        signer ??= await open();
        const deps = { store, signer, clock: systemClock, ids: uuidV7, migration, workerVersion: BANYAN_VERSION };
        const outcome = await certify({ ...deps, everyMs: config.settings.certificates.every }, context);
        status.report({ part, ...told(outcome, signer.publicKey.keyId) });
      } catch (error) {
        const fix = error instanceof BanyanError && error.fix !== undefined ? { fix: error.fix } : {};
        status.report({ part, state: 'down', detail: messageOf(error), ...fix });
      }
    }
  });
}

/** A context that can't be certified is no fault of the part that looks: it does less than it could. */
function told(outcome: CertifyOutcome, keyId: string): Pick<PartReport, 'state' | 'detail'> {
  const key = `key ${keyId.slice(0, 12)}`;
  switch (outcome.state) {
    case 'issued':
      return { state: 'ok', detail: `a certificate was issued, ${key}` };
    case 'waiting':
      return { state: 'ok', detail: `nothing stands against a certificate, ${key}` };
    case 'refused': {
      const [first] = outcome.refusals;
      const where = first?.table == null ? '' : `${first.table}: `;
      return { state: 'limited', detail: `no certificate can be issued now: ${where}${first?.reason ?? ''}` };
    }
    default:
      return outcome satisfies never;
  }
}
