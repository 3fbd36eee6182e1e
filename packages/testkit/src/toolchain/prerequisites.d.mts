export type Prerequisite = 'node' | 'java' | 'javac' | 'maven' | 'python'

/** What a probe saw: the version, or why there is none. */
export interface ToolProbe {
  readonly version?: string
  readonly command?: string
  readonly problem?: string
  /** The prerequisite this tool can't answer without. */
  readonly blockedBy?: Prerequisite
  /** Python only: whether the venv and ensurepip modules are there. */
  readonly hasVenv?: boolean
}

export interface PrerequisiteProbes {
  readonly system?: { readonly platform: string }
  readonly node?: ToolProbe
  readonly java?: ToolProbe
  readonly javac?: ToolProbe
  readonly maven?: ToolProbe
  readonly python?: ToolProbe
}

/** One tool that is missing or does not fit. */
export interface PrerequisiteFinding {
  readonly key: Prerequisite | 'system'
  readonly name: string
  readonly reason: 'missing' | 'too-old' | 'too-new'
  readonly found: string
  readonly needed: string
  /** One command or address for each system. */
  readonly install: { readonly debian: string; readonly macos: string }
}

/** What {@link checkPrerequisites} throws: a message for people that names every finding. */
export declare class PrerequisiteError extends Error {
  constructor(findings: readonly PrerequisiteFinding[])
  readonly code: 'PREREQUISITE_MISSING' | 'PREREQUISITE_TOO_OLD'
  readonly findings: readonly PrerequisiteFinding[]
}

/** The findings that make the machine unfit, from what the probes saw; empty when all is well. Pure. */
export declare function judgePrerequisites(probes: PrerequisiteProbes): PrerequisiteFinding[]
/** The version in what `java -version` prints. Pure. */
export declare function parseJavaVersion(output: string): string | undefined
/** The version in what `javac -version` prints. Pure. */
export declare function parseJavacVersion(output: string): string | undefined
/** The version in what `mvn -version` prints. Pure. */
export declare function parseMavenVersion(output: string): string | undefined
/** One message that names everything missing or unfit at once. Pure. */
export declare function describeFindings(findings: readonly PrerequisiteFinding[], platform?: string): string
/** Probes the tools named and throws one {@link PrerequisiteError} that names all that is missing or unfit. */
export declare function checkPrerequisites(
  needs: readonly Prerequisite[],
  env?: NodeJS.ProcessEnv,
): Promise<void>
/** Runs each tool named with its version argument. Downloads nothing, changes nothing. */
export declare function probePrerequisites(
  needs: readonly Prerequisite[],
  env?: NodeJS.ProcessEnv,
): Promise<PrerequisiteProbes>
