import type { ExecutionOptions } from '../protocol/flow.ts';
import { maskable } from '../secrets.ts';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a connector gets of our environment: what programs need to run and to reach the network, and what is added. */
export function connectorEnvironment(add: Environment = {}, from: Environment = process.env): Environment {
  // Without it a Python connector's confirmations wait in a buffer until 8 kB have gathered.
  return { ...inherited(from, connectorNames), PYTHONUNBUFFERED: '1', ...add };
}

/** What pip and uv get: also their own settings, and what finds a Python. */
export function installerEnvironment(add: Environment = {}, from: Environment = process.env): Environment {
  return { ...inherited(from, [...connectorNames, ...installerNames]), ...add };
}

/** What npm gets: also its own settings, and the tokens that they may name. */
export function npmEnvironment(add: Environment = {}, from: Environment = process.env): Environment {
  return { ...inherited(from, [...connectorNames, ...npmNames]), ...add };
}

/** What pip is told by its variables, told to uv, unless that has been told itself. pip parts by spaces, uv by commas. */
export function pipSettingsForUv(env: Environment): Environment {
  const told: Record<string, string> = {};
  for (const [pip, uv, joint] of pipToUv) {
    const value = env[pip];
    if (value !== undefined && uv.every((name) => env[name] === undefined)) {
      const [name = ''] = uv;
      told[name] = joint === undefined ? value : value.trim().split(/\s+/).join(joint);
    }
  }
  return told;
}

const pipToUv: readonly (readonly [pip: string, uv: readonly string[], joint?: string])[] = [
  ['PIP_INDEX_URL', ['UV_DEFAULT_INDEX', 'UV_INDEX_URL']],
  ['PIP_EXTRA_INDEX_URL', ['UV_INDEX', 'UV_EXTRA_INDEX_URL'], ' '],
  ['PIP_FIND_LINKS', ['UV_FIND_LINKS'], ','],
  ['PIP_NO_INDEX', ['UV_NO_INDEX']],
  ['PIP_CERT', ['SSL_CERT_FILE']],
];

/** Options by which also those values are masked that a connector gets in variables with telling names. */
export function maskingSecretsOf<O extends Partial<ExecutionOptions>>(env: Environment, options: O): O {
  const values = Object.entries(env).flatMap(([name, value]) => (secretName.test(name) ? [value] : []));
  const own = maskable(values);
  if (own.length === 0) return options;
  const secrets = () =>
    [...own, ...(options.secrets?.() ?? [])].toSorted((one, other) => other.length - one.length);
  return { ...options, secrets };
}

const secretName = /token|key|secret|password|passphrase|credential/i;

function inherited(from: Environment, names: readonly RegExp[]): Environment {
  const entries = Object.entries(from).filter(([name]) => names.some((pattern) => pattern.test(name)));
  return Object.fromEntries(entries);
}

/** Windows spells the names of variables as it likes, proxies come in both cases: so case does not count. */
const connectorNames: readonly RegExp[] = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TMP|TEMP)$/i,
  /^(SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS)$/i,
  /^(HTTP_PROXY|HTTPS_PROXY|ALL_PROXY|NO_PROXY)$/i,
  /^(LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|DYLD_FALLBACK_LIBRARY_PATH)$/i,
  /^(SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|OS|NUMBER_OF_PROCESSORS|PROCESSOR_ARCHITECTURE)$/i,
  /^(USERPROFILE|USERNAME|USERDOMAIN|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|PROGRAMDATA)$/i,
  /^(PROGRAMFILES|PROGRAMFILES\(X86\)|PROGRAMW6432|COMMONPROGRAMFILES)$/i,
];

const npmNames: readonly RegExp[] = [
  /^(npm_config_\w+|NPM_TOKEN|NODE_AUTH_TOKEN|GITHUB_TOKEN|GIT_\w+|SSH_AUTH_SOCK|XDG_\w+)$/i,
];

const installerNames: readonly RegExp[] = [/^(PIP|UV|XDG|PYENV|ASDF|MISE)_\w+$/i, /^NETRC$/i];
