import { readFileSync, writeFileSync } from 'node:fs';
import { type CertificateAnswer, fetchCertificate, fetchKeys } from '../../adapters/banyan/fetchCertificate.ts';
import { checkCertificate } from '../../adapters/signing/checkCertificate.ts';
import { publicKeyFromPem } from '../../adapters/signing/signingKey.ts';
import { certificateStatement } from '../../core/consistency/certificateStatement.ts';
import { BanyanError, messageOf } from '../../errors.ts';
import type { PublicKey } from '../../ports/signer.ts';
import { systemClock } from '../clocks.ts';

const REFUSED = 1;
const NONE_YET = 2;

/**
 * Prints the newest certificate of a context, or writes it to a file; what it proves goes to stderr.
 * @returns 0, or 2 if there is none, with what stands against one
 * @throws BanyanError `bad_input` for an address or context that is off, `unavailable` if Banyan does not answer
 */
export async function certificateCommand(
  context: string,
  { url, out }: { readonly url: string; readonly out?: string },
): Promise<number> {
  const answer = await fetchCertificate(addressOf(url), context);
  if (answer.envelope === null) {
    console.error(`banyan: there is no certificate on ${context}\n${refusalLines(answer).join('\n')}`);
    return NONE_YET;
  }
  if (out === undefined) console.log(answer.envelope);
  else writeOut(out, `${answer.envelope}\n`);
  console.error(answer.statement.join('\n'));
  if (answer.refusals.length > 0) {
    console.error(`no newer one can be issued now:\n${refusalLines(answer).join('\n')}`);
  }
  return 0;
}

/**
 * Checks a certificate in a file: signature, canonical form, and what it proves.
 * @returns 0 if it is genuine, 1 if it is refused
 * @throws BanyanError `bad_input` for a file that can't be read or holds no key
 */
export async function verifyCertificateCommand(
  file: string,
  { key, url }: { readonly key?: string; readonly url: string },
): Promise<number> {
  const text = readText(file);
  // A key's id is worked out from the key, not taken over from whoever published it.
  const published = async () => (await fetchKeys(addressOf(url))).flatMap((pem) => publicKeyFromPem(pem) ?? []);
  const keys = key === undefined ? await published() : [keyIn(key)];
  const check = checkCertificate(text, keys);
  if (check.state === 'refused') {
    console.error(`banyan: ${file} is refused: ${check.reason}`);
    return REFUSED;
  }
  console.log(
    [
      `genuine: signed by key ${check.keyId}${key === undefined ? `, as ${url} publishes it` : ''}`,
      `document sha256:${check.digest}, in canonical form`,
      ...certificateStatement(check.certificate, systemClock.nowMs()),
    ].join('\n'),
  );
  return 0;
}

function refusalLines({ refusals, lookedAt }: CertificateAnswer): readonly string[] {
  if (lookedAt === null) return ['  nobody has looked yet: start a worker with the role verify'];
  if (refusals.length === 0) return ['  nothing stands against one: the next clean pass over each table brings it'];
  return refusals.map(({ table, reason }) => `  ${table === null ? '' : `${table}: `}${reason}`);
}

function addressOf(url: string): string {
  if (URL.canParse(url)) return url;
  throw new BanyanError('bad_input', `--url ${url} is no address`);
}

function keyIn(file: string): PublicKey {
  const key = publicKeyFromPem(readText(file));
  if (key !== null) return key;
  throw new BanyanError('bad_input', `${file} holds no Ed25519 public key in PEM`, {
    fix: 'take publicKey from GET /api/v1/keys of the Banyan that issued the certificate',
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new BanyanError('bad_input', `${file} can't be read: ${messageOf(error)}`, { cause: error });
  }
}

function writeOut(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new BanyanError('bad_input', `--out ${file} can't be written: ${messageOf(error)}`, { cause: error });
  }
}
