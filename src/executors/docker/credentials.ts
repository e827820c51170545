import { InstallError, messageOf } from '../../errors.ts';
import type { Environment } from '../environment.ts';
import { readDockerConfig } from './endpoint.ts';

/** What a registry is signed in to with, as the engine takes it. */
export type RegistryLogin =
  | { readonly username: string; readonly password: string; readonly serveraddress: string }
  | { readonly identitytoken: string; readonly serveraddress: string };

/** The login that `docker login` has left for a registry: by its helper, its store or its config; none if there is none. */
export async function registryLogin(
  registry: string,
  env: Environment = process.env,
): Promise<RegistryLogin | undefined> {
  const { credHelpers = {}, credsStore, auths = {} } = await readDockerConfig(env);
  const names = registry === 'docker.io' ? dockerHubNames : [registry, `https://${registry}`];
  for (const name of names) {
    const helper = credHelpers[name] ?? credsStore;
    const kept = helper === undefined ? undefined : await askHelper(helper, name, env);
    if (kept !== undefined) return kept;
  }
  for (const name of names) {
    const entry = auths[name] ?? auths[`${name}/`];
    if (entry === undefined) continue;
    if (entry.identitytoken) return { identitytoken: entry.identitytoken, serveraddress: name };
    const [username = '', ...password] = entry.auth
      ? Buffer.from(entry.auth, 'base64').toString().split(':')
      : [entry.username, entry.password ?? ''];
    if (username !== '') return { username, password: password.join(':'), serveraddress: name };
  }
  return undefined;
}

const dockerHubNames = [
  'https://index.docker.io/v1/',
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
];

async function askHelper(
  helper: string,
  registry: string,
  env: Environment,
): Promise<RegistryLogin | undefined> {
  const { execa } = await import('execa');
  const program = `docker-credential-${helper}`;
  const { exitCode, stdout, stderr, cause } = await execa(program, ['get'], {
    input: registry,
    env,
    extendEnv: false,
    reject: false,
  });
  if (exitCode === undefined) {
    throw new InstallError(`Docker's config names the credential helper ${program}, which cannot be run`, {
      guidance: 'Install it, or sign in again by `docker login`.',
      context: { helper: program, problem: messageOf(cause) },
    });
  }
  if (exitCode !== 0) {
    if (/credentials not found|no credentials/i.test(stdout + stderr)) return undefined;
    throw new InstallError(
      `the credential helper ${program} has no login for ${registry} (exit code ${exitCode})`,
      {
        guidance: `Sign in again: docker login ${registry}`,
        context: { helper: program, registry },
      },
    );
  }
  const { Username, Secret } = parseAnswer(program, stdout);
  return Username === '<token>'
    ? { identitytoken: Secret, serveraddress: registry }
    : { username: Username, password: Secret, serveraddress: registry };
}

function parseAnswer(program: string, text: string): { readonly Username: string; readonly Secret: string } {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && 'Username' in answer && 'Secret' in answer) {
      return { Username: String(answer.Username), Secret: String(answer.Secret) };
    }
  } catch {
    // Said below, without the text: it may hold the password.
  }
  throw new InstallError(`the credential helper ${program} gave an answer that cannot be read`);
}
