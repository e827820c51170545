import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect } from 'node:tls';
import type { Environment } from './environment.ts';

interface Getting {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly env?: Environment;
}

/**
 * Asks a server for a document: as `fetch` does, but through the proxy that the environment names, which `fetch` passes
 * over, and with a login that stands in the URL, which it refuses.
 */
export async function httpGet(
  from: URL | string,
  { headers = {}, signal, env = process.env }: Getting,
): Promise<Response> {
  let { url, login } = splitLogin(new URL(from));
  for (let redirects = 0; ; redirects += 1) {
    const proxy = proxyFor(url, env);
    const all = login === undefined ? headers : { ...headers, authorization: login };
    if (proxy === undefined) return fetch(url, { headers: all, signal });
    const answer = await throughProxy(url, proxy, { headers: all, signal });
    const { statusCode: status = 0, statusMessage: statusText = '' } = answer;
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined)
      return responseOf(answer, status, statusText);
    answer.destroy();
    if (redirects === mostRedirects) throw new Error(`it redirects more than ${mostRedirects} times`);
    const next = new URL(location, url);
    if (next.origin !== url.origin) login = undefined;
    url = next;
  }
}

const mostRedirects = 10;

/** The proxy for a URL, by the variables that curl, pip and Docker go by; undefined for those that need none. */
export function proxyFor({ protocol, hostname, port }: URL, env: Environment): URL | undefined {
  const value = (name: string) => env[name] || env[name.toUpperCase()];
  const scheme = protocol.slice(0, -1);
  const named = value(`${scheme}_proxy`) ?? value('all_proxy');
  if (named === undefined || named === '' || isLoopback.test(hostname)) return undefined;
  const exceptions = (value('no_proxy') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  const isExcepted = exceptions.some((entry) => {
    const [, host = '', only] = /^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    if (only !== undefined && only !== (port || (scheme === 'https' ? '443' : '80'))) return false;
    return host === '*' || hostname === host || hostname.endsWith(`.${host}`);
  });
  if (isExcepted) return undefined;
  const proxy = /^[a-z][a-z0-9+.-]*:\/\//i.test(named) ? named : `http://${named}`;
  if (!URL.canParse(proxy) || !/^https?:/i.test(proxy))
    throw new Error(`the proxy that ${scheme}_proxy or all_proxy names is not one of HTTP`);
  return new URL(proxy);
}

/** No proxy can reach what listens on this machine. */
const isLoopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

interface Asking {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Plain HTTP is asked of the proxy itself; for the rest it opens a tunnel, and does not see what goes through. */
async function throughProxy(target: URL, proxy: URL, { headers, signal }: Asking): Promise<IncomingMessage> {
  const { url, login } = splitLogin(proxy);
  const forProxy: Record<string, string> = login === undefined ? {} : { 'proxy-authorization': login };
  const request = url.protocol === 'https:' ? requestSecure : requestPlain;
  if (target.protocol === 'http:') {
    const all = { host: target.host, ...headers, ...forProxy };
    return answerOf(request(url, { path: target.href, headers: all, signal, agent: false }));
  }
  const place = `${target.hostname}:${target.port || 443}`;
  const asking = request(url, {
    method: 'CONNECT',
    path: place,
    headers: { host: place, ...forProxy },
    signal,
    agent: false,
  });
  const tunnel = await new Promise<Socket>((resolve, reject) => {
    asking.once('error', reject);
    asking.once('connect', ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${url.host} answered ${statusCode}`));
    });
    asking.end();
  });
  const named = isIP(target.hostname) === 0 ? { servername: target.hostname } : {};
  const secured = { socket: tunnel, host: target.hostname, ...named };
  return answerOf(
    // Without an agent, also without `agent: false`, which would connect by itself.
    requestSecure(target, { headers, signal, createConnection: () => connect(secured) }),
  );
}

function answerOf(request: ReturnType<typeof requestPlain>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject).end();
  });
}

function responseOf(answer: IncomingMessage, status: number, statusText: string): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers))
    if (value !== undefined) headers.set(name, [value].flat().join(', '));
  const isEmpty = [204, 205, 304].includes(status);
  if (isEmpty) answer.resume();
  return new Response(isEmpty ? null : bodyOf(answer), { status, statusText, headers });
}

function bodyOf(answer: IncomingMessage): ReadableStream<Uint8Array> {
  const pieces = answer[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(new Uint8Array(value));
    },
    cancel: () => void answer.destroy(),
  });
}

function splitLogin(from: URL): { readonly url: URL; readonly login: string | undefined } {
  const { username, password } = from;
  const url = new URL(from);
  url.username = '';
  url.password = '';
  if (username === '' && password === '') return { url, login: undefined };
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, login: `Basic ${Buffer.from(text).toString('base64')}` };
}
