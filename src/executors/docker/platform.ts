/** What an image says of where it runs. */
export interface Platform {
  readonly Os: string;
  readonly Architecture: string;
  readonly Variant?: string | undefined;
}

/** A processor as images call it, of the names that kernels have for it as well: `amd64` for `x86_64`. */
export function architectureOf(name: string): string {
  return imageNames[name] ?? name;
}

const imageNames: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  armv7l: 'arm',
  i386: '386',
  i686: '386',
};

/** Whether an image is for a platform that is asked for as engines take it: `linux/arm/v7`, `linux/arm64`, `arm64`, `linux`. */
export function isFor(platform: string, { Os, Architecture, Variant = '' }: Platform): boolean {
  const [first = '', ...rest] = platform.toLowerCase().split('/');
  const [os, architecture, variant = ''] =
    rest.length > 0 ? [first, ...rest] : systems.has(first) ? [first, undefined] : ['linux', first];
  if (os !== Os.toLowerCase()) return false;
  if (architecture === undefined) return true;
  if (architectureOf(architecture) !== architectureOf(Architecture)) return false;
  // A later processor runs what is for an earlier one; many images do not say which.
  return variant === '' || Variant === '' || numberIn(variant) >= numberIn(Variant);
}

/** As one asks for it. */
export function platformOf({ Os, Architecture, Variant = '' }: Platform): string {
  return [Os, Architecture, Variant].filter((part) => part !== '').join('/');
}

function numberIn(variant: string): number {
  return Number(variant.replace(/^v/i, ''));
}

const systems: ReadonlySet<string> = new Set(['linux', 'windows', 'freebsd']);
