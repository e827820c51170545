import { Duplex, pipeline, Readable, Transform, type Writable } from 'node:stream';
import type Dockerode from 'dockerode';
import { withinMs } from '../limit.ts';

/** The stderr of a container, which has to be read all the time. */
export async function attachStderr(container: Dockerode.Container): Promise<Readable> {
  return attachOutput(container, 'stderr');
}

/** The stdout of a container, which waits when it is not read. */
export interface HeldOutput {
  readonly stdout: Readable;
  /** Lets the container go on, so that it can end. */
  release(): Promise<void>;
}

/**
 * The stdout of a container, no faster than it is read. An engine throws away what has not been taken two seconds after
 * the container has ended (up to 100 kB were seen), so a container that would have to wait longer is frozen, and what it
 * has written is taken: it can then only end while somebody reads.
 */
export async function attachStdout(container: Dockerode.Container): Promise<HeldOutput> {
  const source = await attachOutput(container, 'stdout');
  let wait: NodeJS.Timeout | undefined;
  let freezing: Promise<boolean> | undefined;
  const thaw = async () => {
    const frozen = freezing;
    if ((await frozen) !== true) return;
    // It may have been removed by now.
    await container.unpause().catch(() => {});
    if (freezing === frozen) freezing = undefined;
  };
  const holdUp = () => {
    if (freezing !== undefined) return;
    source.pause();
    wait ??= setTimeout(() => {
      freezing = container.pause().then(
        () => true,
        // It has ended, or this engine cannot freeze it: what it has written is taken all the same.
        () => false,
      );
      void withinMs(frozenMs, freezing).then(() => source.resume());
    }, patienceMs);
  };
  const stdout = new Readable({
    highWaterMark: keptBytes,
    read() {
      clearTimeout(wait);
      wait = undefined;
      void thaw().then(() => source.resume());
    },
    destroy(error, done) {
      clearTimeout(wait);
      source.destroy();
      done(error);
    },
  });
  source.on('data', (chunk: Buffer) => {
    if (!stdout.push(chunk)) holdUp();
  });
  source.on('end', () => stdout.push(null));
  source.on('error', (error) => stdout.destroy(error));
  return { stdout, release: thaw };
}

/** Well short of the two seconds. */
const patienceMs = 500;
const frozenMs = 500;
const keptBytes = 262_144;

/** Each output has a connection of its own, so that one that nobody reads does not hold up the other. */
async function attachOutput(container: Dockerode.Container, which: 'stdout' | 'stderr'): Promise<Readable> {
  const framed = await attach(container, which);
  // What ended it early is on the stream that is read: its error, or that it was closed.
  return pipeline(framed, framesOf(which), () => {});
}

/** The stdin of a container; its end is the end of the input. */
export async function attachInput(container: Dockerode.Container): Promise<Writable> {
  const socket = await attach(container, 'stdin');
  // What comes back is read elsewhere (Docker sends nothing, Podman all), but only who reads notices the end.
  return socket.resume();
}

/**
 * Without a body, unlike the client's own way: Podman takes whatever comes behind the head of the request, the body as
 * well, for the container's stdin, also on the connection of an output.
 */
async function attach(container: Dockerode.Container, which: 'stdin' | 'stdout' | 'stderr'): Promise<Duplex> {
  const { id, modem }: { readonly id: string; readonly modem: Modem } = container;
  const socket = await new Promise<unknown>((resolve, reject) => {
    const request = {
      path: `/containers/${id}/attach?`,
      method: 'POST',
      options: { stream: true, [which]: true },
      file: Buffer.alloc(0),
      headers: { 'Content-Type': 'text/plain' },
      isStream: true,
      hijack: true,
      openStdin: which === 'stdin',
      statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
    };
    modem.dial(request, (error, stream) => (error == null ? resolve(stream) : reject(error)));
  });
  if (!(socket instanceof Duplex)) throw new Error('the engine gave no connection that can be written');
  return socket;
}

/** What the client sends requests by. */
interface Modem {
  dial(request: object, answer: (error: unknown, stream: unknown) => void): void;
}

/**
 * What is in the frames of one output: the engine puts eight bytes before each piece, which say of which output it is
 * (Podman sends both to whoever asks for one) and how long. Pieces are passed on as they lie in the chunk.
 */
export function framesOf(which: 'stdout' | 'stderr'): Transform {
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  let isOurs = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let at = 0;
      while (at < chunk.length) {
        if (left > 0) {
          const piece = chunk.subarray(at, at + left);
          if (isOurs) this.push(piece);
          at += piece.length;
          left -= piece.length;
          continue;
        }
        const part = chunk.subarray(at, at + headerLength - header.length);
        header = header.length === 0 ? part : Buffer.concat([header, part]);
        at += part.length;
        if (header.length < headerLength) break;
        isOurs = (header[0] === 2) === (which === 'stderr');
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
      }
      done();
    },
    flush(done) {
      done(left > 0 ? new Error('the connection to the engine ended in the middle of a piece') : null);
    },
  });
}

const headerLength = 8;
