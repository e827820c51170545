import { Agent, type ClientRequestArgs } from 'node:http';
import { Duplex } from 'node:stream';
import { NotRunnableError } from '../../errors.ts';

/**
 * Connections to an engine on another machine, each by the `ssh` of this one, as `docker` itself does it: so keys,
 * agents, known hosts and `~/.ssh/config` are those that the user has.
 */
export class SshAgent extends Agent {
  readonly #url: URL;

  constructor(url: URL) {
    super({ keepAlive: false });
    this.#url = url;
  }

  // Node calls this for each request; the connection may come later, through the callback.
  override createConnection(
    _options: ClientRequestArgs,
    taken: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { hostname, username, port } = this.#url;
    const login = username === '' ? [] : ['-l', decodeURIComponent(username)];
    const args = [
      '-o',
      'BatchMode=yes',
      '-T',
      ...login,
      ...(port === '' ? [] : ['-p', port]),
      '--',
      hostname,
    ];
    void connect([...args, 'docker', 'system', 'dial-stdio'], hostname).then((stream) => taken(null, stream));
  }
}

async function connect(args: readonly string[], host: string): Promise<Duplex> {
  const { execa } = await import('execa');
  const ssh = execa('ssh', args, { buffer: false, reject: false, stdio: 'pipe', encoding: 'buffer' });
  let said = '';
  ssh.stderr.setEncoding('utf8').on('readable', () => {
    said = (said + (ssh.stderr.read() ?? '')).slice(-saidLength);
  });
  const { stdin, stdout } = ssh;
  // That ssh has gone is told by its exit, below.
  stdin.on('error', () => {});
  const pass = () => {
    for (let chunk: unknown = stdout.read(); chunk !== null; chunk = stdout.read()) {
      if (!stream.push(chunk)) return;
    }
  };
  const stream: Duplex = new Duplex({
    read: pass,
    write: (chunk, _encoding, done) => void stdin.write(chunk, () => done()),
    final: (done) => void stdin.end(() => done()),
    destroy(error, done) {
      ssh.kill();
      done(error);
    },
  });
  stdout.on('readable', pass);
  // The end of its output is judged by its exit: only then it is known whether there was a connection at all.
  ssh.then(({ exitCode, code }) => {
    if (exitCode === 0) return stream.push(null);
    const reason = code === 'ENOENT' ? 'there is no ssh here' : (said.trim().split('\n').at(-1) ?? '');
    return stream.destroy(
      new NotRunnableError(`cannot reach Docker on ${host} by ssh: ${reason || `exit code ${exitCode}`}`, {
        guidance: `Try \`ssh ${host} docker version\`: it has to work without asking for anything.`,
      }),
    );
  });
  return stream;
}

const saidLength = 2_000;
