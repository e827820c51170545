import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';

const program = buildProgram(() => {});

function help(name: string): string {
  const command = program.commands.find((one) => one.name() === name);
  return `\n${command?.helpInformation()}`;
}

describe('help', () => {
  it('of the whole names every command', () => {
    expect(`\n${program.helpInformation()}`).toMatchInlineSnapshot(`
      "
      Usage: sluice [options] [command]

      Runs data connectors: any Airbyte-protocol source to any destination.

      Options:
        --version                      print the version
        -h, --help                     print help

      Commands:
        sync <source> <destination>    move what is new from a source to a destination
        check <connector>              try out whether a config works
        spec <connector>               print what settings a connector takes
        discover <source>              list the streams of a source
        connectors <search>            list connectors, tell how one would be run
        install <connector>            install a connector before it is used
        upgrade <connector>            bring an installed connector to its newest
                                       version
        uninstall <connector>          remove what was installed of a connector
        read <source>                  print the rows of a source, or read them into a
                                       cache
        query <sql>                    ask a cache by SQL
        cache                          list caches, show what one holds, drop streams
                                       from it
        state                          show, export, import and clear how far syncs
                                       have come
        benchmark                      measure how fast a source, a destination or
                                       both are
        smoke-test <destination>       try what a destination bears
        serve <connector> <arguments>  run a connector in TypeScript as a program that
                                       speaks the Airbyte protocol
        build-image <connector>        build a Docker image of a connector in
                                       TypeScript
        help <command>                 print help for a command
      "
    `);
  });

  it('of sync', () => {
    expect(help('sync')).toMatchInlineSnapshot(`
      "
      Usage: sluice sync [options] <source> <destination>

      Moves records from a source to a destination, and remembers how far it got: the
      next run goes on from there.

      Arguments:
        source                            the connector to read from
        destination                       the connector to write to

      Options:
        --source-config <config>          the source's config: JSON, a .json or .toml
                                          file, or - for stdin; \${NAME} is filled in
                                          from the environment
        --destination-config <config>     the destination's config: JSON, a .json or
                                          .toml file, or - for stdin; \${NAME} is
                                          filled in from the environment
        --source-option <key=value>       how the source is run, such as version=1.2.0
                                          or env.NAME=value; repeatable
        --destination-option <key=value>  how the destination is run, such as
                                          version=1.2.0 or env.NAME=value; repeatable
        --streams <names>                 the streams to read, with commas between;
                                          repeatable (default: all)
        --strategy <name>                 how records are written; auto merges by
                                          primary key where there is one (choices:
                                          "auto", "append", "merge", "replace",
                                          default: "auto")
        --full-refresh                    read everything again, whatever was kept
                                          from earlier runs
        --connection <name>               the name to keep state under (default: made
                                          from both ends and their configs)
        --cache [cache]                   let the records rest in a cache first, and
                                          send on what is new there: a name for a file
                                          in .sluice/caches, the path of a DuckDB or
                                          SQLite file, md:DATABASE, or
                                          'postgresql://user:\${PASSWORD}@host/database'
                                          (default: .sluice/caches/default.duckdb)
        --state-cache <place>             where to keep state: a folder, or the file
                                          or URL of a cache; none keeps and uses none
                                          (default: .sluice/state, or the cache of
                                          --cache)
        --json                            print events as NDJSON on stdout, and the
                                          result as the last line
        --quiet                           say nothing but warnings and errors
        --verbose                         also print the connectors' logs, and the
                                          details of errors
        -h, --help                        print help
      "
    `);
  });

  it('of check', () => {
    expect(help('check')).toMatchInlineSnapshot(`
      "
      Usage: sluice check [options] <connector>

      Asks a connector whether it can work with a config: valid, reachable, permitted.

      Arguments:
        connector             a source or a destination

      Options:
        --config <config>     the connector's config: JSON, a .json or .toml file, or
                              - for stdin; \${NAME} is filled in from the environment
        --option <key=value>  how the connector is run, such as version=1.2.0 or
                              env.NAME=value; repeatable
        --json                print the answer as JSON
        --quiet               say nothing but warnings and errors
        --verbose             also print the connectors' logs, and the details of
                              errors
        -h, --help            print help
      "
    `);
  });

  it('of spec', () => {
    expect(help('spec')).toMatchInlineSnapshot(`
      "
      Usage: sluice spec [options] <connector>

      Prints a connector's specification: above all the JSON Schema of its config.

      Arguments:
        connector             a source or a destination

      Options:
        --option <key=value>  how the connector is run, such as version=1.2.0 or
                              env.NAME=value; repeatable
        --json                print it on one line
        --quiet               say nothing but warnings and errors
        --verbose             also print the connectors' logs, and the details of
                              errors
        -h, --help            print help
      "
    `);
  });

  it('of discover', () => {
    expect(help('discover')).toMatchInlineSnapshot(`
      "
      Usage: sluice discover [options] <source>

      Lists the streams of a source: a table on a terminal, the catalog as JSON
      otherwise.

      Arguments:
        source                the connector to ask

      Options:
        --config <config>     the connector's config: JSON, a .json or .toml file, or
                              - for stdin; \${NAME} is filled in from the environment
        --option <key=value>  how the connector is run, such as version=1.2.0 or
                              env.NAME=value; repeatable
        --json                print the catalog as JSON on one line
        --quiet               say nothing but warnings and errors
        --verbose             also print the connectors' logs, and the details of
                              errors
        -h, --help            print help
      "
    `);
  });

  it('of read', () => {
    expect(help('read')).toMatchInlineSnapshot(`
      "
      Usage: sluice read [options] <source>

      Prints the rows of a source as JSON, one a line; each with its stream where
      there are several. Keeps no state. With --cache it reads what is new into a
      cache instead, typed tables in a DuckDB or SQLite file.

      Arguments:
        source                the connector to read from

      Options:
        --config <config>     the connector's config: JSON, a .json or .toml file, or
                              - for stdin; \${NAME} is filled in from the environment
        --option <key=value>  how the connector is run, such as version=1.2.0 or
                              env.NAME=value; repeatable
        --streams <names>     the streams to read, with commas between; repeatable
                              (default: all)
        --limit <rows>        so many rows of each stream at most
        --cache [cache]       read into a cache: a name for a file in .sluice/caches,
                              the path of a DuckDB or SQLite file, md:DATABASE, or
                              'postgresql://user:\${PASSWORD}@host/database' (default:
                              .sluice/caches/default.duckdb)
        --strategy <name>     with --cache: how rows are written (default: auto)
                              (choices: "auto", "append", "merge", "replace")
        --full-refresh        with --cache: read everything again, whatever was kept
                              from earlier runs
        --connection <name>   with --cache: the name to keep state under (default:
                              made from the source and its config)
        --json                print each row with its stream, also where there is one
                              stream only
        --quiet               say nothing but warnings and errors
        --verbose             also print the connectors' logs, and the details of
                              errors
        -h, --help            print help
      "
    `);
  });

  it('of benchmark', () => {
    expect(help('benchmark')).toMatchInlineSnapshot(`
      "
      Usage: sluice benchmark [options]

      Measures a source against a destination that drops everything, a destination
      against a source that makes rows, or Sluice itself where neither is named. Keeps
      and uses no state.

      Options:
        --source <connector>              the source to measure (default: rows made
                                          here)
        --destination <connector>         the destination to measure (default: drops
                                          everything)
        --num-records <number>            how many rows to make, such as 5e5 (without
                                          --source only)
        --source-config <config>          the source's config: JSON, a .json or .toml
                                          file, or - for stdin; \${NAME} is filled in
                                          from the environment
        --destination-config <config>     the destination's config: JSON, a .json or
                                          .toml file, or - for stdin; \${NAME} is
                                          filled in from the environment
        --source-option <key=value>       how the source is run, such as version=1.2.0
                                          or env.NAME=value; repeatable
        --destination-option <key=value>  how the destination is run, such as
                                          version=1.2.0 or env.NAME=value; repeatable
        --streams <names>                 the streams to read, with commas between;
                                          repeatable (default: all)
        --json                            print events as NDJSON on stdout, and the
                                          result as the last line
        --quiet                           say nothing but warnings and errors
        --verbose                         also print the connectors' logs, and the
                                          details of errors
        -h, --help                        print help
      "
    `);
  });
});
