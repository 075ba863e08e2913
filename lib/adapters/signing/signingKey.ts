import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BanyanError, messageOf } from '../../errors.ts';
import type { PublicKey, Signer } from '../../ports/signer.ts';

/** For the owner alone. */
const OWNER_ONLY = 0o600;

/**
 * The Ed25519 key in a PEM file (PKCS #8), made at the first call.
 * @throws BanyanError `bad_config` for a file that can't be read or written, holds another kind of key, or is open to others
 */
export function openSigningKey(file: string): Signer {
  const key = readKey(file) ?? makeKey(file);
  return { publicKey: publicKeyOf(createPublicKey(key)), sign: (bytes) => new Uint8Array(sign(null, bytes, key)) };
}

/** A public key with its id. */
export function publicKeyOf(key: KeyObject): PublicKey {
  const spki = key.export({ type: 'spki', format: 'der' });
  return {
    keyId: createHash('sha256').update(spki).digest('hex'),
    algorithm: 'ed25519',
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** The key of a PEM text, with its id; null if it is no Ed25519 key. A private key gives its public half. */
export function publicKeyFromPem(pem: string): PublicKey | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? publicKeyOf(key) : null;
  } catch {
    return null;
  }
}

function readKey(file: string): KeyObject | null {
  let pem: string;
  try {
    const mode = statSync(file).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw new BanyanError('bad_config', `the signing key ${file} is open to others (mode ${mode.toString(8)})`, {
        fix: `chmod 600 ${file}`,
      });
    }
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error instanceof BanyanError ? error : unusable(file, error);
  }
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw unusable(file, error);
  }
  throw unusable(file, 'it is no Ed25519 key');
}

function makeKey(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: OWNER_ONLY, flag: 'wx' });
    // A link appears whole or not at all, and never in place of a key that another process has just made.
    linkSync(draft, file);
    return privateKey;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      const other = readKey(file);
      if (other !== null) return other;
    }
    throw unusable(file, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

const unusable = (file: string, why: unknown) =>
  new BanyanError('bad_config', `the signing key ${file} can't be used: ${messageOf(why)}`, {
    fix: 'name another file under certificates.keyFile, or make one: openssl genpkey -algorithm ed25519',
    cause: why,
  });
