import colors from 'yoctocolors';

/** The few styles of the command line; each is the identity where colour is not wanted. */
export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export function palette(colour: boolean): Palette {
  return colour ? colors : plainPalette;
}

const asIs = (text: string) => text;

export const plainPalette: Palette = {
  bold: asIs,
  dim: asIs,
  red: asIs,
  green: asIs,
  yellow: asIs,
  cyan: asIs,
};
