import type { Socket } from 'node:net';
import type { BrokerState } from './api.ts';
import { API_VERSIONS_KEY, apis, writeVersions } from './apis.ts';
import { errorCodes } from './errorCodes.ts';
import { FrameSplitter } from './frameSplitter.ts';
import { WireReader } from './wireReader.ts';
import { WireWriter } from './wireWriter.ts';

const byKey = new Map(apis.map((api) => [api.key, api]));

/**
 * Serves one client: requests are answered one after the other, in their order, and the next is not begun before the
 * last answer has left, so that a client that does not read holds up nobody else. A malformed request ends this
 * connection only.
 */
export function serveConnection(socket: Socket, broker: BrokerState): void {
  const splitter = new FrameSplitter();
  const closeCallbacks = new Set<() => void>();
  let busy = false;
  const onClose = (callback: () => void): (() => void) => {
    closeCallbacks.add(callback);
    return () => closeCallbacks.delete(callback);
  };

  const serveWaiting = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      for (let frame = splitter.next(); frame !== undefined && !socket.destroyed; frame = splitter.next()) {
        const answer = await answerTo(frame, socket.remoteAddress ?? '', onClose, broker);
        if (answer !== undefined && !socket.destroyed) await send(socket, answer, onClose);
      }
      socket.resume();
    } catch {
      socket.destroy();
    } finally {
      busy = false;
    }
  };

  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    splitter.push(chunk);
    if (busy && splitter.isFull) socket.pause();
    void serveWaiting();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const callback of [...closeCallbacks]) callback();
  });
}

async function answerTo(
  frame: Buffer,
  clientHost: string,
  onClose: (callback: () => void) => () => void,
  broker: BrokerState,
): Promise<Buffer[] | undefined> {
  const body = new WireReader(frame);
  const key = body.int16();
  const version = body.int16();
  const correlationId = body.int32();
  const api = byKey.get(key);
  const answer = new WireWriter();
  if (key === API_VERSIONS_KEY && version > (api?.maxVersion ?? 0)) {
    writeVersions(answer, errorCodes.unsupportedVersion);
    return answer.frame(correlationId);
  }
  if (api === undefined || version < api.minVersion || version > api.maxVersion)
    throw new RangeError(`request ${key} version ${version} is not served`);
  const clientId = body.nullableString() ?? '';
  await api.handle({ version, clientId, clientHost, body, onClose }, answer, broker);
  return answer.isSuppressed ? undefined : answer.frame(correlationId);
}

function send(socket: Socket, parts: readonly Buffer[], onClose: (callback: () => void) => () => void): Promise<void> {
  socket.cork();
  let drained = true;
  for (const part of parts) drained = socket.write(part);
  socket.uncork();
  if (drained || !socket.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      socket.off('drain', finish);
      withdraw();
      resolve();
    };
    const withdraw = onClose(finish);
    socket.once('drain', finish);
  });
}
