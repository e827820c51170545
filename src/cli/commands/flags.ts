import { type Command, InvalidArgumentError, Option } from 'commander';

/** How much is said on stderr, and whether stdout is for machines; every command takes these. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

export function addOutputFlags(command: Command, json: string): Command {
  return command
    .option('--json', json)
    .addOption(new Option('--quiet', 'say nothing but warnings and errors').conflicts('verbose'))
    .option('--verbose', "also print the connectors' logs, and the details of errors");
}

/** For a command with one connector. */
export interface OptionFlag {
  readonly option?: readonly string[];
}

export function addOptionFlag(command: Command): Command {
  return command.option('--option <key=value>', optionHelp('the connector'), collect);
}

/** For a command with one connector that needs its config. */
export interface ConnectorFlags extends OptionFlag {
  readonly config?: string;
}

export function addConnectorFlags(command: Command): Command {
  return addOptionFlag(command.option('--config <config>', configHelp('the connector')));
}

/** The same with the name of the end before it, for a command with two connectors. */
export interface EndsFlags {
  readonly sourceConfig?: string;
  readonly destinationConfig?: string;
  readonly sourceOption?: readonly string[];
  readonly destinationOption?: readonly string[];
}

export function addEndsFlags(command: Command): Command {
  return command
    .option('--source-config <config>', configHelp('the source'))
    .option('--destination-config <config>', configHelp('the destination'))
    .option('--source-option <key=value>', optionHelp('the source'), collect)
    .option('--destination-option <key=value>', optionHelp('the destination'), collect);
}

export function addStreamsFlag(command: Command): Command {
  return command.option(
    '--streams <names>',
    'the streams to read, with commas between; repeatable (default: all)',
    collect,
  );
}

export function positiveWhole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It takes a whole number above 0.');
  return value;
}

function configHelp(whose: string): string {
  return `${whose}'s config: JSON, a .json or .toml file, or - for stdin; \${NAME} is filled in from the environment`;
}

function optionHelp(whose: string): string {
  return `how ${whose} is run, such as version=1.2.0 or env.NAME=value; repeatable`;
}

/** The values of a flag that can be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
