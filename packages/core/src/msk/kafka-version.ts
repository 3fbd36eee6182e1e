/** An Apache Kafka version as MSK names it, such as `3.9.x.kraft`, `3.6.0` or `2.8.2.tiered`. */
export interface MskKafkaVersion {
  readonly major: number
  readonly minor: number
  /** Whether the cluster keeps its metadata in KRaft; otherwise in ZooKeeper. */
  readonly isKraft: boolean
}

/** undefined when the text isn't a version of that form. */
export function parseKafkaVersion(text: string): MskKafkaVersion | undefined {
  const match = /^(\d+)\.(\d+)\.(?:\d+(?:\.\d+)*|x)(\.kraft|\.tiered)?$/.exec(text)
  if (match === null) return undefined
  const major = Number(match[1])
  // Kafka 4 has no ZooKeeper.
  return { major, minor: Number(match[2]), isKraft: match[3] === '.kraft' || major >= 4 }
}

export function isAtLeastVersion(version: MskKafkaVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}
