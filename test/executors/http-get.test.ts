import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { httpGet, proxyFor } from '../../src/executors/http-get.ts';

const tls = join(import.meta.dirname, '../fixtures/tls');

describe('httpGet', () => {
  const seen: { proxied: string[]; logins: (string | undefined)[]; asked: IncomingMessage['headers'][] } = {
    proxied: [],
    logins: [],
    asked: [],
  };
  const answer: Parameters<typeof createServer>[1] = (message, response) => {
    seen.asked.push(message.headers);
    if (message.url === '/moved') response.writeHead(302, { location: '/document' }).end();
    else if (message.url === '/circle') response.writeHead(302, { location: '/circle' }).end();
    else if (message.headers['if-none-match'] === '"a"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"a"' }).end(`the document ${'x'.repeat(200_000)}`);
  };
  const plain = createServer(answer);
  const secure = createSecureServer(
    { key: readFileSync(join(tls, 'server.key')), cert: readFileSync(join(tls, 'server.crt')) },
    answer,
  );
  const proxy = createServer((message, response) => {
    seen.proxied.push(`${message.method} ${message.url}`);
    seen.logins.push(message.headers['proxy-authorization']);
    const { 'proxy-authorization': _, ...headers } = message.headers;
    // Every name is one of this machine.
    const url = (message.url ?? '').replace('docs.test', '127.0.0.1');
    request(url, { headers }, (inner) => {
      response.writeHead(inner.statusCode ?? 0, inner.headers);
      inner.pipe(response);
    }).end();
  });
  const tunnels = new Set<Socket>();
  proxy.on('connect', (message, socket: Socket) => {
    seen.proxied.push(`CONNECT ${message.url}`);
    const [host = '', port = ''] = (message.url ?? '').split(':');
    if (host === 'refused.test') {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const inner = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      inner.pipe(socket).pipe(inner);
    });
    for (const end of [socket, inner]) tunnels.add(end.on('error', () => {}));
  });
  const place = (server: Server, host = 'docs.test') => {
    const address = server.address();
    return `${host}:${typeof address === 'object' ? address?.port : ''}`;
  };

  beforeAll(async () => {
    for (const server of [plain, secure, proxy]) await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    for (const end of tunnels) end.destroy();
    for (const server of [plain, secure, proxy]) server.close().closeAllConnections();
  });
  beforeEach(() => {
    seen.proxied.length = 0;
    seen.logins.length = 0;
    seen.asked.length = 0;
  });

  const { signal } = new AbortController();
  const env = () => ({
    http_proxy: `http://ann:p%40ss@${place(proxy, '127.0.0.1')}`,
    HTTPS_PROXY: place(proxy, '127.0.0.1'),
  });

  it('sends a login of the URL as a header, follows redirects, and needs no proxy on this machine', async () => {
    const url = `http://u:v@${place(plain, '127.0.0.1')}/moved`;
    const response = await httpGet(url, { signal, env: env() });
    expect(await response.text()).toContain('the document');
    expect(seen.asked[0]?.authorization).toBe(`Basic ${Buffer.from('u:v').toString('base64')}`);
    expect(seen.proxied).toEqual([]);
  });

  it('asks for plain HTTP through the proxy, with the login of each', async () => {
    const response = await httpGet(`http://u:v@${place(plain)}/moved`, { signal, env: env() });
    expect(response.headers.get('etag')).toBe('"a"');
    expect((await response.text()).length).toBeGreaterThan(200_000);
    expect(seen.proxied).toEqual([`GET http://${place(plain)}/moved`, `GET http://${place(plain)}/document`]);
    expect(seen.logins[0]).toBe(`Basic ${Buffer.from('ann:p@ss').toString('base64')}`);
    expect(seen.asked[1]?.authorization).toBe(`Basic ${Buffer.from('u:v').toString('base64')}`);
  });

  it('answers 304 without a body through the proxy too', async () => {
    const headers = { 'if-none-match': '"a"' };
    const response = await httpGet(`http://${place(plain)}/document`, { headers, signal, env: env() });
    expect([response.status, await response.text()]).toEqual([304, '']);
  });

  it('opens a tunnel for HTTPS, in which certificates are checked', async () => {
    const get = () => httpGet(`https://${place(secure)}/document`, { signal, env: env() });
    await expect(get()).rejects.toThrow(/self.signed certificate/);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    expect(await (await get()).text()).toContain('the document');
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', undefined);
    expect(seen.proxied).toEqual(Array(2).fill(`CONNECT ${place(secure)}`));
  });

  it('says what the proxy says, and stops when it is told to, or is led in a circle', async () => {
    const get = (url: string, other = signal) => httpGet(url, { signal: other, env: env() });
    await expect(get('https://refused.test/')).rejects.toThrow(/^the proxy 127.0.0.1:\d+ answered 403$/);
    await expect(get(`http://${place(plain)}/circle`)).rejects.toThrow('redirects more than 10 times');
    await expect(get(`http://${place(plain)}/document`, AbortSignal.abort())).rejects.toThrow(/abort/);
  });
});

describe('the proxy', () => {
  const forUrl = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.href;

  it('is named for each scheme, or for all', () => {
    expect(forUrl('https://a.example', { https_proxy: 'http://p:1' })).toBe('http://p:1/');
    expect(forUrl('https://a.example', { HTTPS_PROXY: 'p:1' })).toBe('http://p:1/');
    expect(forUrl('https://a.example', { all_proxy: 'https://p:1' })).toBe('https://p:1/');
    expect(forUrl('https://a.example', { http_proxy: 'http://p:1', https_proxy: '' })).toBeUndefined();
    expect(() => forUrl('https://a.example', { all_proxy: 'socks5://p:1' })).toThrow('not one of HTTP');
  });

  it.each([
    ['a.example', true],
    ['.example', true],
    ['*.example', true],
    ['*', true],
    ['other.example, a.example', true],
    ['a.example:443', true],
    ['a.example:80', false],
    ['b.example', false],
    ['ample', false],
    ['', false],
  ])('is not used for what no_proxy names: %j', (no_proxy, isExcepted) => {
    const proxy = forUrl('https://a.example', { https_proxy: 'http://p:1', no_proxy });
    expect(proxy === undefined).toBe(isExcepted);
  });
});
