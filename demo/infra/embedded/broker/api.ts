import type { Groups } from './groups.ts';
import type { Topics } from './topics.ts';
import type { WireReader } from './wireReader.ts';
import type { WireWriter } from './wireWriter.ts';

/** What every request may use. */
export interface BrokerState {
  readonly host: string;
  readonly port: number;
  readonly clusterId: string;
  readonly topics: Topics;
  readonly groups: Groups;
  /** A new id for a producer or a group member. */
  readonly nextId: () => string;
  readonly nextProducerId: () => bigint;
}

export interface ApiRequest {
  readonly version: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly body: WireReader;
  /** Called when the connection has gone; returns the function that withdraws the callback. */
  readonly onClose: (callback: () => void) => () => void;
}

/** Reads the request and writes the answer, at once or later. */
export type Handler = (request: ApiRequest, answer: WireWriter, broker: BrokerState) => void | Promise<void>;

/** One entry of the protocol: key and the versions served, all of them of the non-flexible encoding. */
export interface Api {
  readonly key: number;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly handle: Handler;
}

export const NODE_ID = 0;
