/**
 * The version in a metadata file's name: `v3.metadata.json` (Hadoop catalogs) and `00003-<uuid>.metadata.json` (all
 * others), each also with `.gz` for gzip, before the suffix or behind it as older releases wrote it.
 *
 * @returns undefined for a name of another form
 */
export function metadataVersionOf(location: string): number | undefined {
  const name = location.slice(location.lastIndexOf('/') + 1)
  const [, hadoop, other] = /^(?:v(\d+)|(\d+)-[^/]+?)(?:\.gz)?\.metadata\.json(?:\.gz)?$/.exec(name) ?? []
  const version = Number(hadoop ?? other)
  return Number.isSafeInteger(version) ? version : undefined
}

/** The names a Hadoop catalog may have given to a version's file, the usual one first. */
export function hadoopMetadataNames(version: number): string[] {
  return [`v${version}.metadata.json`, `v${version}.gz.metadata.json`, `v${version}.metadata.json.gz`]
}
