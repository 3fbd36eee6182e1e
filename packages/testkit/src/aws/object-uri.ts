/** Bucket and prefix of `s3://bucket/some/prefix/`; undefined for anything else. */
export function parseObjectUri(
  uri: string,
): { readonly bucket: string; readonly prefix: string } | undefined {
  const match = /^s3[an]?:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(uri)
  if (match === null) return undefined
  const [, bucket = '', prefix = ''] = match
  return { bucket, prefix: prefix.replace(/\/+$/, '') }
}
