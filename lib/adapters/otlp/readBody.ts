import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { BanyanError, messageOf } from '../../errors.ts';
import type { ByteReservation } from '../../ports/spanIngest.ts';

export interface BodyLimits {
  /** Bytes of a request as sent. */
  readonly maxWireBytes: number;
  /** Bytes of a request after decompression. */
  readonly maxUnpackedBytes: number;
}

function tooLarge(what: string, limit: number): BanyanError {
  return new BanyanError('too_large', `the request is larger than ${limit} bytes ${what}`, {
    fix: 'send smaller batches',
  });
}

const noRoom = (): BanyanError =>
  new BanyanError('overloaded', 'no memory is left for another request: too many are in flight');

/** Room to set aside before reading: what the sender declares, else the most it may send. */
export function declaredBytes(request: IncomingMessage, limits: BodyLimits): number {
  const declared = request.headers['content-length'];
  if (declared === undefined) return limits.maxWireBytes;
  const length = Number(declared);
  if (length > limits.maxWireBytes) throw tooLarge('as sent', limits.maxWireBytes);
  return length;
}

/** Reads a body whose bytes are already reserved. */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes: Buffer = chunk;
    size += bytes.length;
    if (size > limits.maxWireBytes) throw tooLarge('as sent', limits.maxWireBytes);
    chunks.push(bytes);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

/** Unpacks gzip chunk by chunk, each reserved as it comes, so that a bomb costs no more than the cap. */
export async function gunzip(body: Buffer, limits: BodyLimits, reservation: ByteReservation): Promise<Buffer> {
  const unpacker = createGunzip({ chunkSize: 65_536 });
  unpacker.end(body);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of unpacker) {
      const bytes: Buffer = chunk;
      size += bytes.length;
      if (size > limits.maxUnpackedBytes) throw tooLarge('after decompression', limits.maxUnpackedBytes);
      if (!reservation.grow(bytes.length)) throw noRoom();
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof BanyanError) throw error;
    throw new BanyanError('bad_input', `the body is no gzip: ${messageOf(error)}`, { cause: error });
  } finally {
    unpacker.destroy();
  }
  return Buffer.concat(chunks, size);
}
