import { describe, expect, it } from 'vitest';
import {
  connectorEnvironment,
  installerEnvironment,
  pipSettingsForUv,
} from '../../src/executors/environment.ts';

describe('connectorEnvironment', () => {
  it('hands on what programs need, and nothing else', () => {
    const needed = {
      PATH: '/bin',
      HOME: '/home/me',
      LC_ALL: 'C',
      TZ: 'UTC',
      https_proxy: 'p',
      SystemRoot: 'C:',
    };
    const ours = {
      AWS_SECRET_ACCESS_KEY: 'x',
      DATABASE_URL: 'x',
      NODE_OPTIONS: 'x',
      SLUICE_DIR: 'x',
      PIP_INDEX_URL: 'x',
    };
    expect(connectorEnvironment({}, { ...needed, ...ours })).toEqual({ ...needed, PYTHONUNBUFFERED: '1' });
  });

  it('takes what is added over what is there', () => {
    const environment = connectorEnvironment({ PATH: '/own', TOKEN: 't' }, { PATH: '/bin' });
    expect(environment).toEqual({ PATH: '/own', TOKEN: 't', PYTHONUNBUFFERED: '1' });
  });
});

describe('installerEnvironment', () => {
  it('hands on the settings of pip and uv as well', () => {
    const settings = { PIP_INDEX_URL: 'x', UV_CACHE_DIR: 'y', XDG_CACHE_HOME: 'z', PYENV_ROOT: 'p' };
    expect(installerEnvironment({}, { ...settings, PATH: '/bin', TOKEN: 't' })).toEqual({
      ...settings,
      PATH: '/bin',
    });
  });

  it('tells uv what pip was told, unless it has been told itself', () => {
    const told = { PIP_FIND_LINKS: '/a  /b', PIP_INDEX_URL: 'pip', PIP_CERT: 'c', UV_INDEX_URL: 'uv' };
    expect(pipSettingsForUv(told)).toEqual({ UV_FIND_LINKS: '/a,/b', SSL_CERT_FILE: 'c' });
  });
});
