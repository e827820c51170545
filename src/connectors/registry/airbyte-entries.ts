import { z } from 'zod';
import { imageTag } from '../../executors/docker/image.ts';
import { isJsonObject } from '../../protocol/json-object.ts';
import { type ConnectorSpecification, specificationSchema } from '../../protocol/spec.ts';
import type { ConnectorKind } from '../options.ts';
import type { BreakingChange, ConnectorMetadata, ConnectorVersion, ConnectorWay } from './metadata.ts';
import { compareVersions } from './versions.ts';

/** One connector as a registry has it, and what it is called. */
export interface RegistryEntry {
  readonly name: string;
  readonly kind: ConnectorKind;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * The connectors in a registry of Airbyte's form: `{ sources, destinations }`, a list of entries, or one alone; each
 * entry as in `oss_registry.json`, or as `metadata.yaml` has it, under `data`. What is withdrawn, or has no image
 * called `source-…` or `destination-…` by which it could be named, is left out. Undefined where it is nothing of that kind.
 */
export function entriesIn(document: unknown): readonly RegistryEntry[] | undefined {
  const listed = listedIn(document);
  if (listed === undefined) return undefined;
  return listed.flatMap(({ kind, value }) => {
    const fields = fieldsOf(value);
    const entry = fields === undefined ? undefined : entryOf(fields, kind);
    return entry === undefined ? [] : [entry];
  });
}

/** What an entry says, as metadata. `base` is the URL under which the registry keeps the files of its connectors. */
export function metadataOf({ name, kind, fields }: RegistryEntry, base: string): ConnectorMetadata {
  const said = entrySchema.parse(fields);
  const breakingChanges = breakingChangesIn(said.releases?.breakingChanges);
  const { spec } = fields;
  return {
    name,
    kind,
    title: said.name ?? name,
    ways: waysOf(name, said, base),
    version: said.dockerImageTag,
    versions: versionsIn(said, breakingChanges),
    breakingChanges,
    definitionId: said.sourceDefinitionId ?? said.destinationDefinitionId ?? said.definitionId,
    documentationUrl: said.documentationUrl,
    language: languageOf(said),
    supportLevel: said.supportLevel,
    releaseStage: said.releaseStage,
    releaseDate: said.releaseDate,
    sourceType: said.sourceType ?? said.connectorSubtype,
    license: said.license,
    suggestedStreams: said.suggestedStreams?.streams ?? [],
    spec: isSpecification(spec) ? spec : undefined,
    entry: fields,
  };
}

/** As it is: what the schema parses is a copy with its keys in another order. */
function isSpecification(value: unknown): value is ConnectorSpecification {
  return specificationSchema.safeParse(value).success;
}

interface Listed {
  readonly kind: ConnectorKind | undefined;
  readonly value: unknown;
}

function listedIn(document: unknown): readonly Listed[] | undefined {
  if (Array.isArray(document)) return document.map((value: unknown) => ({ kind: undefined, value }));
  if (!isJsonObject(document)) return undefined;
  const { sources, destinations } = document;
  if (sources === undefined && destinations === undefined) {
    return fieldsOf(document)?.['dockerRepository'] === undefined
      ? undefined
      : [{ kind: undefined, value: document }];
  }
  const lists = [
    { kind: 'source', values: sources ?? [] },
    { kind: 'destination', values: destinations ?? [] },
  ] as const;
  if (!lists.every(({ values }) => Array.isArray(values))) return undefined;
  return lists.flatMap(({ kind, values }) =>
    Array.isArray(values) ? values.map((value: unknown) => ({ kind, value })) : [],
  );
}

/** An entry, or what lies under `data` in metadata.yaml, with what it overrides for the open-source registry. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isJsonObject(value)) return undefined;
  const { data } = value;
  if (!isJsonObject(data)) return value;
  const overrides = data['registryOverrides'] ?? data['registries'];
  const own = isJsonObject(overrides) ? overrides['oss'] : undefined;
  return isJsonObject(own) ? { ...data, ...own } : data;
}

function entryOf(fields: Readonly<Record<string, unknown>>, kind?: ConnectorKind): RegistryEntry | undefined {
  const { dockerRepository, connectorType } = fields;
  const isGone = fields['tombstone'] === true || fields['enabled'] === false;
  if (isGone || typeof dockerRepository !== 'string') return undefined;
  const [name = ''] = dockerRepository.split('/').slice(-1);
  const found = kind ?? kinds.find((one) => one === connectorType) ?? kindOf(name);
  // Others could not be asked for: a connector is told apart from a path or a word by how its name begins.
  return found === undefined || kindOf(name) !== found ? undefined : { name, kind: found, fields };
}

function kindOf(name: string): ConnectorKind | undefined {
  const [, begin] = /^(source|destination)-\w+(?:[.-]+\w+)*$/.exec(name) ?? [];
  return kinds.find((one) => one === begin);
}

const kinds = ['source', 'destination'] as const;

const text = z.string().min(1).optional().catch(undefined);
const part = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject(shape).optional().catch(undefined);

/** As PEP 508 has the names of packages. */
const pythonPackage = /^[a-z0-9]([\w.-]*[a-z0-9])?$/i;

/** What Sluice looks at; a field that is not as it should be counts as absent, and all others are kept as they are. */
const entrySchema = z.looseObject({
  name: text,
  dockerRepository: text,
  dockerImageTag: z
    // Anything else might be taken for an option or a place.
    .union([z.string().regex(imageTag), z.number().transform(String)])
    .optional()
    .catch(undefined),
  sourceDefinitionId: text,
  destinationDefinitionId: text,
  definitionId: text,
  documentationUrl: text,
  language: text,
  supportLevel: text,
  releaseStage: text,
  releaseDate: text,
  sourceType: text,
  connectorSubtype: text,
  license: text,
  tags: z.array(z.string()).optional().catch(undefined),
  suggestedStreams: part({ streams: z.array(z.string()).optional().catch(undefined) }),
  remoteRegistries: part({
    pypi: part({ enabled: z.boolean().optional().catch(undefined), packageName: z.unknown().optional() }),
  }),
  releases: part({ breakingChanges: z.unknown().optional(), releaseCandidates: z.unknown().optional() }),
});
type Said = z.infer<typeof entrySchema>;

/** In Airbyte's own order of preference: a manifest needs the least to be installed, an image the most. */
function waysOf(name: string, said: Said, base: string): readonly ConnectorWay[] {
  const { dockerRepository: image, dockerImageTag: version } = said;
  const pypi = said.remoteRegistries?.pypi;
  const ways: ConnectorWay[] = [];
  if (image === undefined) return ways;
  if (languageOf(said) === 'manifest-only' && version !== undefined) {
    const url = new URL(`metadata/${image}/${version}/manifest.yaml`, base).href;
    ways.push({ way: 'manifest', url, version });
  }
  const { enabled, packageName = `airbyte-${name}` } = pypi ?? {};
  if (enabled === true && typeof packageName === 'string' && pythonPackage.test(packageName))
    ways.push({ way: 'python', package: packageName, version });
  if (version !== undefined) ways.push({ way: 'docker', image, version });
  return ways;
}

function languageOf({ language, tags = [] }: Said): string | undefined {
  return language ?? tags.find((tag) => tag.startsWith('language:'))?.slice('language:'.length);
}

/** By version, or, where there is none, an empty list. */
function breakingChangesIn(value: unknown): readonly BreakingChange[] {
  if (!isJsonObject(value)) return [];
  const changes = Object.entries(value).map(([version, change]) => {
    const said = breakingSchema.parse(isJsonObject(change) ? change : {});
    return {
      version,
      message: said.message?.trim() ?? 'the registry does not say what it breaks',
      deadline: said.upgradeDeadline,
      migrationUrl: said.migrationDocumentationUrl,
    };
  });
  return changes.toSorted((a, b) => compareVersions(a.version, b.version));
}

const breakingSchema = z.looseObject({
  message: text,
  upgradeDeadline: text,
  migrationDocumentationUrl: text,
});

function versionsIn(
  { dockerImageTag, releases }: Said,
  changes: readonly BreakingChange[],
): readonly ConnectorVersion[] {
  const candidates = isJsonObject(releases?.releaseCandidates) ? releases.releaseCandidates : {};
  const told = new Map<string, ConnectorVersion>();
  for (const { version } of changes) told.set(version, { version, as: 'breaking change' });
  for (const version of Object.keys(candidates)) told.set(version, { version, as: 'release candidate' });
  if (dockerImageTag !== undefined) told.set(dockerImageTag, { version: dockerImageTag, as: 'current' });
  return [...told.values()].toSorted((a, b) => compareVersions(b.version, a.version));
}
