// The layers of the design: a layer imports only lower numbers, and within a number `executors`,
// `sync`, `sql` and `shape` do not know each other. `errors`, `secrets` and `home` may be imported
// by all and import nothing of ours but `errors`.
const layers = [
  ['protocol'],
  ['executors', 'sync', 'sql', 'shape'],
  ['caches'],
  ['connectors'],
  ['project'],
  ['cli', 'studio'],
];
const ground = '^src/(errors|secrets|home)\\.ts$';

const layerRules = layers.flatMap((names, depth) =>
  names.map((name) => ({
    name: `layer-${name}`,
    comment: `src/${name} may import only lower layers and itself`,
    severity: 'error',
    from: { path: `^src/${name}/` },
    to: {
      path: '^src/',
      pathNot: [
        ground,
        `^src/${name}/`,
        ...layers
          .slice(0, depth)
          .flat()
          .map((below) => `^src/${below}/`),
        ...(name === 'cli' || name === 'studio' ? ['^src/index\\.ts$'] : []),
      ],
    },
  })),
);

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'ground-imports-nothing',
      comment:
        'errors, secrets and home import nothing of ours but errors; an error only names the type of the result it carries',
      severity: 'error',
      from: { path: ground },
      to: { path: '^src/', pathNot: '^src/(errors|protocol/result)\\.ts$' },
    },
    {
      name: 'no-barrel-inside',
      comment: 'inside src, import the file, never an index; the command line uses the public API',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|studio)/' },
      to: { path: '(^|/)index\\.ts$', pathNot: 'node_modules' },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
