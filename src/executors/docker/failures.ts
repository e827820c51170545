import { errnoOf, InstallError, messageOf, NotRunnableError, SluiceError } from '../../errors.ts';
import { oneLine } from '../verdict.ts';
import { type Endpoint, socketOf } from './endpoint.ts';

interface Circumstances {
  /** The connector. */
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly image: string;
  /** What was being done, in words: `cannot be pulled`. */
  readonly what: string;
}

/** What the engine's API throws, as one line of ours with what to do. Our own errors pass. */
export function dockerFailure(error: unknown, { name, endpoint, image, what }: Circumstances): SluiceError {
  if (error instanceof SluiceError) return error;
  const context = { connector: name, image, engine: endpoint.url.href };
  const unreachable = connectionFailure(error, endpoint);
  if (unreachable !== undefined) {
    return new NotRunnableError(`${name}: cannot reach Docker: ${unreachable.text}`, {
      guidance: unreachable.guidance,
      context,
      cause: error,
    });
  }
  const said = wordsOf(error);
  const known = answers.find(({ pattern }) => pattern.test(said));
  const details = {
    guidance: known?.guidance.replaceAll('IMAGE', image),
    context: { ...context, said },
    cause: error,
  };
  const message = `${name}: the image ${image} ${what}: ${known?.text ?? oneLine(said)}`;
  return what === cannotBePulled
    ? new InstallError(message, details)
    : new NotRunnableError(message, details);
}

export const cannotBePulled = 'cannot be pulled';
export const cannotBeStarted = 'cannot be started';

/** What the engine itself says, without what the client puts around it. */
export function wordsOf(error: unknown): string {
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]* - /, '')
    .replace(/^(error response from daemon|error): /i, '')
    .trim();
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

interface Said {
  readonly text: string;
  readonly guidance: string;
}

function connectionFailure(error: unknown, endpoint: Endpoint): Said | undefined {
  if (statusOf(error) !== undefined) return undefined;
  const place = socketOf(endpoint) ?? endpoint.url.host;
  const where = `${place} (${endpoint.from})`;
  const errno = errnoOf(error) ?? '';
  switch (errno) {
    case 'ENOENT':
      return { text: `there is no ${where}`, guidance: startIt };
    case 'ECONNREFUSED':
      return { text: `nobody answers at ${where}`, guidance: startIt };
    case 'EACCES':
    case 'EPERM':
      return {
        text: `this user may not use ${where}`,
        guidance: 'Add the user to the group "docker" and sign in anew, or use rootless Docker or Podman.',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { text: `${where} cannot be reached (${errno})`, guidance: `Is ${endpoint.from} right?` };
    case 'ECONNRESET':
    case 'EPIPE':
      return {
        text: `${where} has closed the connection`,
        guidance: 'Does it ask for TLS, or was it stopped?',
      };
    default:
      break;
  }
  if (/certificate|TLS|SSL|^ERR_OSSL|HPE_|EPROTO/i.test(`${errno} ${messageOf(error)}`)) {
    return {
      text: `${where}: ${oneLine(messageOf(error))}`,
      guidance:
        'Check DOCKER_TLS_VERIFY, and that DOCKER_CERT_PATH holds ca.pem, cert.pem and key.pem for it.',
    };
  }
  return undefined;
}

const startIt =
  'Start Docker, or Podman with `podman system service`, or say by DOCKER_HOST where it is. Many connectors also run without it: usePython: true.';

interface Answer extends Said {
  readonly pattern: RegExp;
}

/** In this order: the first that fits is told. */
const answers: readonly Answer[] = [
  {
    pattern: /network .* not found|could not find network/i,
    text: 'there is no such network',
    guidance: '`docker network ls` lists those that there are.',
  },
  {
    pattern:
      /no matching entries in (passwd|group) file|unable to find (user|group) |uids and gids must be in range/i,
    text: 'it has no such user or group',
    guidance: 'Name one that is in its /etc/passwd, or a number: `docker: { user: "0" }` is root.',
  },
  {
    pattern: /container-init binary not found|docker-init.*not found/i,
    text: 'the engine has no program that ends what a container leaves behind',
    guidance:
      'Install it where the engine runs: the package catatonit for Podman, docker-init or tini for Docker.',
  },
  {
    pattern: /no space left on device|disk quota/i,
    text: 'the disk of the engine is full',
    guidance:
      'Free some space there: `docker system df` shows what uses it, `docker image prune` removes unused images.',
  },
  {
    pattern: /toomanyrequests|rate limit/i,
    text: 'the registry allows no more pulls for now',
    guidance: 'Sign in by `docker login`, or try again later.',
  },
  {
    pattern:
      /no matching manifest|does not match the specified platform|no image found in manifest list|image operating system/i,
    text: 'there is none for this platform',
    guidance:
      'Name one that there is by `docker: { platform: "linux/amd64" }`; the engine has to be able to run it.',
  },
  {
    pattern: /exec format error/i,
    text: 'it is made for another processor',
    guidance:
      'Name the platform of this machine by `docker: { platform }`, or install emulation (binfmt) in the engine.',
  },
  {
    pattern:
      /lookup .*(no such host|server misbehaving|i\/o timeout)|dial tcp|network is unreachable|i\/o timeout|client\.timeout|request canceled while waiting|proxyconnect|tls handshake|connection refused|no route to host/i,
    text: 'its registry cannot be reached from the engine',
    guidance:
      'Is there a network, and a proxy that the engine has to use? An image that is here already runs without.',
  },
  {
    pattern: /repository does not exist or may require/i,
    text: 'there is no such image, or this user may not see it',
    guidance: 'Check its name (IMAGE); if it is private, sign in by `docker login`.',
  },
  {
    pattern:
      /unauthorized|authentication required|no basic auth|incorrect username|denied: (requested )?access|403|401/i,
    text: 'the registry refuses the login',
    guidance: 'Sign in by `docker login`, with an account that may read IMAGE.',
  },
  {
    pattern:
      /manifest.*(unknown|not found)|not found|does not exist|no such image|name unknown|repository name not known/i,
    text: 'there is no such image',
    guidance: 'Check its name and tag (IMAGE); if it is private, sign in by `docker login`.',
  },
];
