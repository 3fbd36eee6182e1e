// Instance types of EMR on EC2 that a streaming job is sized with: one file to update.
//
// vCPU, memory and architecture: EMR's ListSupportedInstanceTypes, as moto 5.2.5 recorded it; all are there from emr-6.15.0 to
// emr-spark-8.1.0. Memory for YARN (yarn.nodemanager.resource.memory-mb): EMR Release Guide, "Task configuration", as of
// 2022; for the seventh generation, which that edition lacks, that of the sixth is taken, whose memory is the same.
// Prices: on demand, Linux, us-east-1. Those of EC2 agree in a dozen public price tables of 2025 and 2026; EMR's own part is a
// quarter of them in the same tables. They are claims, not read at AWS.
export const pricesAsOf = '2026-11-26'
export const pricesRegion = 'us-east-1'

/** EMR's part of the price, of EC2's. */
const emrShare = 0.25

export interface InstanceType {
  readonly instanceType: string
  readonly architecture: 'arm64' | 'x86_64'
  readonly vCpus: number
  readonly memoryGiB: number
  /** What YARN hands out to containers. */
  readonly yarnMemoryMb: number
  /** EC2 and EMR together, US dollars an hour. */
  readonly dollarsPerHour: number
}

type Family = readonly [
  name: string,
  architecture: InstanceType['architecture'],
  memoryGiBPerVCpu: number,
  /** For xlarge; 2xlarge and 4xlarge cost twice and four times as much. */
  ec2DollarsPerHour: number,
  yarnMemoryMb: readonly [xlarge: number, x2large: number, x4large: number],
]

const families: readonly Family[] = [
  ['c5', 'x86_64', 2, 0.17, [6_144, 12_288, 24_576]],
  ['c6g', 'arm64', 2, 0.136, [5_632, 11_712, 23_424]],
  ['c7g', 'arm64', 2, 0.145, [5_632, 11_712, 23_424]],
  ['m5', 'x86_64', 4, 0.192, [12_288, 24_576, 57_344]],
  ['m6g', 'arm64', 4, 0.154, [11_712, 23_424, 54_272]],
  ['m7g', 'arm64', 4, 0.1632, [11_712, 23_424, 54_272]],
  ['r5', 'x86_64', 8, 0.252, [24_576, 57_344, 122_880]],
  ['r6g', 'arm64', 8, 0.2016, [23_424, 54_272, 116_736]],
  ['r7g', 'arm64', 8, 0.2142, [23_424, 54_272, 116_736]],
]

export const instanceTypes: readonly InstanceType[] = families.flatMap(
  ([name, architecture, memoryGiBPerVCpu, ec2DollarsPerHour, yarnMemoryMb]) =>
    yarnMemoryMb.map((memoryMb, doublings) => {
      const times = 2 ** doublings
      return {
        instanceType: `${name}.${times === 1 ? '' : times}xlarge`,
        architecture,
        vCpus: 4 * times,
        memoryGiB: 4 * times * memoryGiBPerVCpu,
        yarnMemoryMb: memoryMb,
        dollarsPerHour: round(ec2DollarsPerHour * times * (1 + emrShare)),
      }
    }),
)

/** Prices have at most six decimals; what binary fractions add behind them is noise. */
export function round(dollars: number): number {
  return Math.round(dollars * 1e6) / 1e6
}
